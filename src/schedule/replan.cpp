#include "schedule/replan.hpp"

#include "schedule/due.hpp"

namespace agentcron::schedule {
namespace {

bool has_run(const LastFire& last, std::chrono::local_seconds reading) {
    using std::chrono::days;
    return std::chrono::floor<days>(reading) == std::chrono::floor<days>(last.reading) &&
           reading <= last.reading;
}

} // namespace

std::chrono::local_seconds reading_at(const cron::TimeZone& zone, base::Instant instant) {
    const auto utc = std::chrono::floor<std::chrono::seconds>(instant);
    return std::chrono::local_seconds((utc + zone.offset_at(utc)).time_since_epoch());
}

std::optional<base::Instant> replan(const cron::Expression& expression, const cron::TimeZone& zone,
                                    base::Instant anchor, const std::optional<LastFire>& last,
                                    base::Instant now) {
    auto next = next_fire_time(expression, zone, anchor, last ? last->at : now);
    if (!last || expression.kind() == cron::Kind::every) return next; // @every knows no zone
    while (next && has_run(*last, reading_at(zone, *next)))
        next = next_fire_time(expression, zone, anchor, *next);
    return next;
}

} // namespace agentcron::schedule
