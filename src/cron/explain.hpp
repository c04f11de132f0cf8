// All that `agentcron next` tells of an expression, as data.
#pragma once

#include "cron/lint.hpp"

namespace agentcron::cron {

struct ExplainedTime {
    std::chrono::sys_seconds at;
    std::string weekday; // of the local date: "Sunday"
    std::string local;   // "2026-03-29 03:00:00 +02:00"
    std::string utc;     // "2026-03-29T01:00:00Z"
    std::string note;    // what a change of the clock did, such as
                         // "02:30 does not exist that day: runs at 03:00"; mostly empty
};

struct Explanation {
    std::string canonical;
    std::string description; // without a full stop
    std::string day_fields;  // how the two day fields work together; empty if both are free
    std::vector<Lint> warnings;
    std::vector<ExplainedTime> times; // fewer than asked for if there are no more
    bool reboot = false;              // runs when the scheduler starts; has no times
    bool never = false;               // has no fire time at all, in any supported year
};

inline constexpr std::size_t explained_times_max = 10000;

// The first `count` fire times after `from` (at most explained_times_max), with everything worth
// knowing about them.
Explanation explain(const Expression& expression, const TimeZone& zone,
                    std::chrono::sys_seconds from, std::size_t count);

} // namespace agentcron::cron
