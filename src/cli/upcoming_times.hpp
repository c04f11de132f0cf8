// The fire times to come of many schedules as one list in order of time. Pure.
#pragma once

#include "schedule/fire_rule.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace agentcron::cli {

struct Coming {
    const schedule::FireRule* rule = nullptr;
    base::Instant after{};
    std::optional<std::int64_t> at_most; // fire times left of max_runs
};

struct UpcomingTime {
    std::size_t index = 0; // into the schedules given
    std::chrono::sys_seconds at{};
};

struct UpcomingTimes {
    std::vector<UpcomingTime> times;
    bool more = false; // the limit cut it short
};

// Those before `until`, at most `limit`; schedules that fire at the same time in their given order.
// Computes no fire time that it does not give, but for one of each schedule.
UpcomingTimes upcoming_times(const std::vector<Coming>& schedules, base::Instant until,
                             std::size_t limit);

} // namespace agentcron::cli
