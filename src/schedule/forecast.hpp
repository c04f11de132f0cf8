// The fire times that are to come. Pure.
#pragma once

#include "schedule/fire_rule.hpp"
#include "schedule/schedule.hpp"

#include <cstdint>
#include <vector>

namespace agentcron::schedule {

struct ForecastBounds {
    base::Instant after{};
    base::Instant before{}; // none at or after it, but for the first `at_least`
    std::size_t at_least = 0;
    std::size_t at_most = 64;
};

// In order. `runs` of the schedule's max_runs were made before; each time counts for one more.
std::vector<base::Instant> coming_fire_times(const Schedule& schedule, const FireRule& rule,
                                             const ForecastBounds& bounds, std::int64_t runs = 0);

} // namespace agentcron::schedule
