// Sets up spdlog's default logger, once, before anything is logged. One line per event on stderr,
// which is the journal's under systemd. What is logged with its fields is the caller's.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace agentcron::base {

inline constexpr std::array<std::string_view, 5> log_levels{"trace", "debug", "info", "warn",
                                                            "error"};

// `level` is one of log_levels. On the journal a line starts with its priority, "<4>", and has no
// time, since the journal keeps its own; else it starts with the UTC time in milliseconds. Line
// breaks inside a message are written as "\n", so that nobody can forge a line.
void set_up_log(std::string_view level);

// Whether stderr is the journal's stream that `journal_stream` (JOURNAL_STREAM, "device:inode")
// names; systemd.exec(5). False for nullptr.
bool is_journal(const char* journal_stream, int fd);

} // namespace agentcron::base
