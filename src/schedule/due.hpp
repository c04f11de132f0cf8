// Which tasks a schedule owes at an instant. Pure: the scheduler asks, then writes the answer in
// one transaction.
#pragma once

#include "base/clock.hpp"
#include "schedule/fire_rule.hpp"
#include "schedule/schedule.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace agentcron::schedule {

// One row of `tasks` to be made for a fire time.
struct DueTask {
    base::Instant fire_time{};
    base::Instant run_at{}; // fire_time and its jitter
    bool missed = false;    // true: it will not run (skipped/missed) and only says so
    bool caught_up = false; // it runs, but was made late
    int fires_covered = 1;  // this fire time and the earlier ones that it stands for
    std::optional<base::Instant> covers_from{}; // the oldest of them, if there are several
};

struct DuePlan {
    std::vector<DueTask> tasks; // in order of fire time, oldest first
    // The first fire time after `now`; none = never, also because max_runs is reached.
    std::optional<base::Instant> next_fire_at;
};

// `next_fire_at` is the stored cursor: the first fire time that has no row yet, `now` the
// database's clock. Nothing is due while next_fire_at > now, and the cursor stays where it is: a
// clock that went back makes no fire time twice. `rule` is anchored at the schedule's creation.
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
// fires_covered is their number, as long as that is at most fires_counted_max. What the bounds
// forbid is no fire time. `runs` of max_runs were made before: the oldest that run come first, and
// those beyond have no row, for the schedule was over by then.
// The plan is found backwards from `now`: nothing is allocated for a fire time that gets no row,
// and a month of an every-minute schedule costs milliseconds.
DuePlan plan_due(const Schedule& schedule, const FireRule& rule, base::Instant next_fire_at,
                 base::Instant now, std::int64_t runs = 0);

// Where the cursor goes when a plan was carried out; `runs` of max_runs were made by then. A task
// of the plan that was skipped left room for a later fire time, which may be due already.
std::optional<base::Instant> cursor_after(const Schedule& schedule, const FireRule& rule,
                                          const DuePlan& plan, std::int64_t runs);

// The first fire time after an instant: where the cursor of a new or changed schedule starts.
std::optional<base::Instant> next_fire_time(const Schedule& schedule, const FireRule& rule,
                                            base::Instant after, std::int64_t runs = 0);

inline constexpr base::Seconds on_time_within{60};
// A row covers at most this many: bounds the time for an every-second schedule that slept for
// years.
inline constexpr int fires_counted_max = 1'000'000;

} // namespace agentcron::schedule
