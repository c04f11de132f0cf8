// When a schedule fires: its expression, in its zone, within its bounds. Pure.
#pragma once

#include "base/clock.hpp"
#include "cron/expression.hpp"
#include "cron/time_zone.hpp"
#include "schedule/exclusions.hpp"

#include <memory>
#include <optional>

namespace agentcron::schedule {

struct FireRule {
    // An empty expression never fires. Its H values depend on the schedule's name.
    cron::Expression expression;
    std::shared_ptr<const cron::TimeZone> zone; // never null
    std::optional<base::Instant> starts_at{};   // no fire time before it
    std::optional<base::Instant> ends_at{};     // no fire time at or after it
    Exclusions exclusions{};

    // `@every` counts from the schedule's creation; until then from 1970. Others do not care.
    void anchor(base::Instant created_at);

    // The first fire time after an instant, the last one before one. Found within microseconds,
    // also where there is none up to 2199: an excluded time is stepped over at once.
    std::optional<std::chrono::sys_seconds> next(base::Instant after) const;
    std::optional<std::chrono::sys_seconds> previous(std::chrono::sys_seconds before) const;
    // A time of the expression itself if the bounds allow it, else the first fire time after it.
    std::optional<std::chrono::sys_seconds>
    settle(std::optional<std::chrono::sys_seconds> time) const;
};

} // namespace agentcron::schedule
