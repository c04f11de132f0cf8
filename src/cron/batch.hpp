// `agentcron next --stdin`: one JSON object in, one out, line by line. No input or output here.
//   in   {"id", "expr", "tz", "from", "count"}   tz UTC, from `now`, count 1 where left out
//   out  {"id", "next": ["2026-03-29T01:00:00Z", ...]}   or   {"id", "error": "..."}
// `from` is exclusive and the anchor of `@every`; `id` is the job id behind `H`; `count` 0 only
// parses. Fewer instants than asked for mean that there are no more.
#pragma once

#include "cron/zone_cache.hpp"

namespace agentcron::cron {

inline constexpr std::int64_t batch_count_max = 100000;

class Batch {
public:
    // `zones` must outlive the batch.
    Batch(ZoneCache& zones, std::chrono::sys_seconds now) : zones_(zones), now_(now) {}

    // The answer to one line, without a newline. Never throws on any input.
    std::string answer(std::string_view line);

private:
    ZoneCache& zones_;
    std::chrono::sys_seconds now_;
};

} // namespace agentcron::cron
