#include "schedule/replan.hpp"

#include "cron/fire_times.hpp"

namespace agentcron::schedule {

std::chrono::local_seconds reading_at(const cron::TimeZone& zone, base::Instant instant) {
    const auto utc = std::chrono::floor<std::chrono::seconds>(instant);
    return std::chrono::local_seconds((utc + zone.offset_at(utc)).time_since_epoch());
}

std::optional<base::Instant> replan(const FireRule& rule, const std::optional<LastFire>& last,
                                    base::Instant now) {
    if (!last || rule.expression.kind() == cron::Kind::every) // @every knows no zone
        return rule.next(last ? last->at : now);
    return rule.settle(cron::next_after_rule_change(
        rule.expression, *rule.zone, std::chrono::floor<std::chrono::seconds>(last->at),
        last->reading));
}

} // namespace agentcron::schedule
