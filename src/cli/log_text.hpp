// What agents wrote, as people read it: rows of agentcron.output in, text out. Pure. Raw streams
// come in chunks that end anywhere, so it keeps what the next chunk needs.
#pragma once

#include "agent/moments.hpp"
#include "cli/terminal.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace agentcron::cli {

struct LogRow {
    int run_no = 0;
    int attempt = 0;
    std::string at;     // RFC 3339
    std::string stream; // out | err | event | ask
    std::string kind;   // "text" for what is no message
    std::string body;
};

class LogText {
public:
    explicit LogText(const Terminal& terminal) : terminal_(terminal) {}

    // Not on a terminal: the bytes as they are, stdout and stderr alike. On one: only what cannot
    // steer it, each line of stderr marked with "! ". Structured events take one line each;
    // what a real agent says is shown as its words. A new run of the same task begins with a line
    // that says so.
    std::string add(const LogRow& row);
    // What was held back, and the end of an unfinished line on a terminal.
    std::string finish();

private:
    struct Stream {
        std::string held; // an incomplete character or colour sequence
    };
    std::string add_moment(const LogRow& row, const agent::Moment& moment);
    std::string add_bytes(const LogRow& row, bool is_error);
    std::string marked_line(const std::string& line);
    std::string marked(std::string_view text, bool is_error);
    std::string end_line();

    Terminal terminal_;
    std::array<Stream, 2> streams_; // out, err
    bool in_line_ = false;          // the last line has no end yet
    bool in_error_ = false;         // ... and is stderr's
    std::string in_pieces_of_;      // the id of the words that came in pieces last
    std::optional<int> run_no_;
};

// One line for a structured event: "[tool] name=bash input={...}".
std::string event_line(std::string_view kind, std::string_view json);

} // namespace agentcron::cli
