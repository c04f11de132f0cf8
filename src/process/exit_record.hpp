// How an attempt ended, as its shim wrote it. The file appears by rename, so it is whole or absent.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace agentcron::process {

struct ExitRecord {
    // "ran": the agent was executed. Else the step that failed ("spec", "spool", "pipe", "fork",
    // "cgroup", "chdir", "exec") with `error`, or "lost": the shim ended without writing a record,
    // and what could be found of its agent was killed.
    std::string stage = "ran";
    int error = 0; // errno of a failed stage
    std::optional<int> exit_code;
    std::optional<int> signal;
    bool deadline_hit = false;
    bool lease_over = false; // its lease was not renewed in time
    bool output_limit_hit = false;
    bool terminated = false; // ended because the daemon asked (terminate or kill)
    std::uint64_t spool_bytes = 0;
    std::uint64_t spool_stalls = 0; // how often a full disk held the agent's output back
    std::uint64_t lost_bytes = 0;   // output given up: the disk was still full at a forced end
    std::uint64_t oom_kills = 0;    // so often its memory limit ended something of it
    std::uint64_t survivors = 0;    // processes of the agent that SIGKILL could not end
    std::int64_t user_micros = 0;   // CPU of the agent and its reaped descendants
    std::int64_t system_micros = 0;
    std::int64_t max_rss_kib = 0;
    base::Instant started_at{};
    base::Instant ended_at{};
};

// The file's text, and back. Unknown keys are ignored, so that a newer shim's record can be read.
// The error of the second says what is wrong with the text.
std::string format_exit_record(const ExitRecord& record);
base::Result<ExitRecord, std::string> parse_exit_record(std::string_view text);

} // namespace agentcron::process
