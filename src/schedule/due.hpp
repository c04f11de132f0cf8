// Which tasks a schedule owes at an instant. Pure: the scheduler asks, then writes the answer in
// one transaction.
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
    std::vector<DueTask> tasks;                // in order of fire time, oldest first
    std::optional<base::Instant> next_fire_at; // the first fire time after `now`; none = never
};

// `next_fire_at` is the stored cursor: the first fire time that has no row yet, `now` the
// database's clock. Nothing is due while next_fire_at > now, and the cursor stays where it is: a
// clock that went back makes no fire time twice. `anchor` is the schedule's creation, from which
// @every counts.
//
// A fire time that is at most on_time_within old is on time: that is the lateness which a running
// scheduler shows. Older ones were missed, and the policy says what becomes of them:
//   latest: the newest due one runs if it is on time or inside catch_up_window; it covers the
//           older ones. Otherwise it is the one missed row.
//   all:    the newest catch_up_max on time or inside the window each run; one missed row covers
//           what is older.
//   none:   the newest one that is on time runs and covers others on time; one missed row covers
//           the rest.
// Every fire time from the cursor to `now` is covered by exactly one row, so the sum of
// fires_covered is their number, as long as that is at most fires_counted_max.
// The plan is found backwards from `now`: nothing is allocated for a fire time that gets no row,
// and a month of an every-minute schedule costs milliseconds.
DuePlan plan_due(const Schedule& schedule, const cron::Expression& expression,
                 const cron::TimeZone& zone, base::Instant anchor, base::Instant next_fire_at,
                 base::Instant now);

// The first fire time after an instant: where the cursor of a new or changed schedule starts.
std::optional<base::Instant> next_fire_time(const cron::Expression& expression,
                                            const cron::TimeZone& zone, base::Instant anchor,
                                            base::Instant after);

inline constexpr base::Seconds on_time_within{60};
// A row covers at most this many: bounds the time for an every-second schedule that slept for
// years.
inline constexpr int fires_counted_max = 1'000'000;

} // namespace agentcron::schedule
