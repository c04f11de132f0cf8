#include "cli/upcoming_times.hpp"

#include <queue>
#include <tuple>

namespace agentcron::cli {
namespace {

struct Later {
    bool operator()(const UpcomingTime& a, const UpcomingTime& b) const {
        return std::tie(a.at, a.index) > std::tie(b.at, b.index);
    }
};

} // namespace

UpcomingTimes upcoming_times(const std::vector<Coming>& schedules, base::Instant until,
                             std::size_t limit) {
    std::priority_queue<UpcomingTime, std::vector<UpcomingTime>, Later> next;
    std::vector<std::int64_t> taken(schedules.size(), 0);
    const auto push = [&](std::size_t index, base::Instant after) {
        const auto& schedule = schedules[index];
        if (schedule.at_most && taken[index] >= *schedule.at_most) return;
        const auto at = schedule.rule->next(after);
        if (!at || *at >= until) return;
        ++taken[index];
        next.push({index, *at});
    };
    for (std::size_t index = 0; index < schedules.size(); ++index)
        push(index, schedules[index].after);
    UpcomingTimes upcoming;
    while (!next.empty() && upcoming.times.size() < limit) {
        upcoming.times.push_back(next.top());
        next.pop();
        push(upcoming.times.back().index, upcoming.times.back().at);
    }
    upcoming.more = !next.empty();
    return upcoming;
}

} // namespace agentcron::cli
