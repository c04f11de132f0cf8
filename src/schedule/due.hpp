// Which tasks a schedule owes at an instant. Pure: the scheduler asks, then writes the answer in one
// transaction.
#pragma once

#include "base/clock.hpp"
#include "cron/expression.hpp"
#include "cron/time_zone.hpp"
#include "schedule/schedule.hpp"

#include <optional>
#include <vector>

namespace agentcron::schedule {

// One row of `tasks` to be made for a fire time.
struct DueTask {
    base::Instant fire_time{};
    bool missed = false;   // true: it will not run (skipped/missed) and only says so
    int fires_covered = 1; // this fire time and the earlier ones that it stands for
};

struct DuePlan {
    std::vector<DueTask> tasks;              // in order of fire time, oldest first
    std::optional<base::Instant> next_fire_at; // the first fire time after `now`; none = never
};

// `next_fire_at` is the stored cursor: the first fire time that has no row yet, `now` the database's
// clock. Nothing is due while next_fire_at > now.
// A fire time counts as missed when it is older than `now` by more than the lateness that a running
// scheduler shows (on_time_within) and the policy drops it:
//   latest: the newest due one runs if it lies within catch_up_window; it covers the older ones.
//   all:    the newest catch_up_max inside the window each run; one missed row covers what is older.
//   none:   only one that is on time runs; one missed row covers the rest.
// A month of an every-minute schedule costs one pass over its fire times and makes one row.
DuePlan plan_due(const Schedule& schedule, const cron::Expression& expression,
                 const cron::TimeZone& zone, base::Instant anchor, base::Instant next_fire_at,
                 base::Instant now);

inline constexpr base::Seconds on_time_within{60};

} // namespace agentcron::schedule
