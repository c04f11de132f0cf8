// The cursor of a schedule whose zone got new rules: a stored fire time is a cache keyed by the
// version of the zone's data. Pure.
#pragma once

#include "base/clock.hpp"
#include "cron/time_zone.hpp"
#include "schedule/fire_rule.hpp"

#include <chrono>
#include <optional>

namespace agentcron::schedule {

// The newest fire time that has its row, and what the schedule's clock showed by the rules of then.
struct LastFire {
    base::Instant at{};
    std::chrono::local_seconds reading{};
};

// What the clock of `zone` shows at an instant.
std::chrono::local_seconds reading_at(const cron::TimeZone& zone, base::Instant instant);

// The first fire time that was not handled: by cron::next_after_rule_change after the last one, so
// that no reading runs twice; without a last fire, after `now`. May lie in the past: then the
// catch-up policy decides.
std::optional<base::Instant> replan(const FireRule& rule, const std::optional<LastFire>& last,
                                    base::Instant now);

} // namespace agentcron::schedule
