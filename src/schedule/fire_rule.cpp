#include "schedule/fire_rule.hpp"

#include "cron/fire_times.hpp"

#include <algorithm>

namespace agentcron::schedule {
namespace {

using std::chrono::sys_seconds;

constexpr std::chrono::seconds one_second{1};

} // namespace

void FireRule::anchor(base::Instant created_at) {
    if (expression.kind() != cron::Kind::every) return;
    expression = cron::Expression::every(expression.period(),
                                         std::chrono::floor<std::chrono::seconds>(created_at),
                                         expression.spelling());
}

std::optional<sys_seconds> FireRule::next(base::Instant after) const {
    return settle(cron::next(expression, *zone, std::chrono::floor<std::chrono::seconds>(after)));
}

std::optional<sys_seconds> FireRule::settle(std::optional<sys_seconds> time) const {
    while (time) {
        if (starts_at && *time < *starts_at) {
            const auto start = std::chrono::ceil<std::chrono::seconds>(*starts_at);
            time = cron::next(expression, *zone, start - one_second);
            continue;
        }
        if (ends_at && *time >= *ends_at) return std::nullopt;
        const auto excluded = exclusions.around(*time, *zone);
        if (!excluded) return time;
        time = cron::next(expression, *zone, excluded->until - one_second);
    }
    return std::nullopt;
}

std::optional<sys_seconds> FireRule::previous(sys_seconds before) const {
    if (ends_at) before = std::min(before, std::chrono::ceil<std::chrono::seconds>(*ends_at));
    auto time = cron::previous(expression, *zone, before);
    while (time) {
        if (starts_at && *time < *starts_at) return std::nullopt;
        const auto excluded = exclusions.around(*time, *zone);
        if (!excluded) return time;
        time = cron::previous(expression, *zone, excluded->from);
    }
    return std::nullopt;
}

} // namespace agentcron::schedule
