#include "schedule/forecast.hpp"

#include <algorithm>

namespace agentcron::schedule {

std::vector<base::Instant> coming_fire_times(const Schedule& schedule, const FireRule& rule,
                                             const ForecastBounds& bounds, std::int64_t runs) {
    std::size_t most = bounds.at_most;
    if (schedule.max_runs) {
        const auto left = std::max<std::int64_t>(0, *schedule.max_runs - runs);
        most = std::min(most, static_cast<std::size_t>(left));
    }
    std::vector<base::Instant> times;
    base::Instant after = bounds.after;
    while (times.size() < most) {
        const auto next = rule.next(after);
        if (!next || (*next >= bounds.before && times.size() >= bounds.at_least)) break;
        times.push_back(*next);
        after = *next;
    }
    return times;
}

} // namespace agentcron::schedule
