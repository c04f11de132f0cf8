#include "schedule/replan.hpp"

#include "cron/fire_times.hpp"
#include "schedule/due.hpp"

namespace agentcron::schedule {

std::chrono::local_seconds reading_at(const cron::TimeZone& zone, base::Instant instant) {
    const auto utc = std::chrono::floor<std::chrono::seconds>(instant);
    return std::chrono::local_seconds((utc + zone.offset_at(utc)).time_since_epoch());
}

std::optional<base::Instant> replan(const cron::Expression& expression, const cron::TimeZone& zone,
                                    base::Instant anchor, const std::optional<LastFire>& last,
                                    base::Instant now) {
    if (!last || expression.kind() == cron::Kind::every) // @every knows no zone
        return next_fire_time(expression, zone, anchor, last ? last->at : now);
    return cron::next_after_rule_change(
        expression, zone, std::chrono::floor<std::chrono::seconds>(last->at), last->reading);
}

} // namespace agentcron::schedule
