#include "schedule/due.hpp"

#include "schedule/jitter.hpp"

#include <algorithm>

namespace agentcron::schedule {
namespace {

using base::Instant;
using std::chrono::sys_seconds;

// The due fire times, from the newest back to the cursor.
class DueTimes {
public:
    DueTimes(const FireRule& rule, Instant cursor, Instant now) : rule_(rule), cursor_(cursor) {
        look_before(std::chrono::floor<base::Seconds>(now) + base::Seconds{1});
    }

    bool done() const { return done_; }
    Instant time() const { return time_; } // unless done
    void step() { look_before(time_); }

    // Adds this one and all older ones to the task, or as many as one row may cover.
    void count_rest(DueTask& task) {
        for (; !done() && task.fires_covered < fires_counted_max; step()) {
            if (++task.fires_covered > 1) task.covers_from = time();
        }
    }

private:
    void look_before(sys_seconds before) {
        const auto found = rule_.previous(before);
        done_ = !found || *found < cursor_;
        if (!done_) time_ = *found;
    }

    const FireRule& rule_;
    Instant cursor_;
    sys_seconds time_{};
    bool done_ = true;
};

// The rows of a plan, newest first.
class Rows {
public:
    Rows(const Schedule& schedule, Instant now, std::optional<Instant> next)
        : schedule_(schedule), now_(now), newer_(next) {}

    // A row that runs and covers nothing yet. Made for the newest first: the one before it is the
    // next fire time, which its jitter must not reach.
    DueTask& run(Instant time) {
        const auto delay = jitter_delay(schedule_.name, time, schedule_.jitter, newer_);
        newer_ = time;
        return tasks.emplace_back(DueTask{.fire_time = time,
                                          .run_at = time + delay,
                                          .caught_up = now_ - time > on_time_within,
                                          .fires_covered = 0});
    }
    DueTask& missed(Instant time) {
        return tasks.emplace_back(
            DueTask{.fire_time = time, .run_at = time, .missed = true, .fires_covered = 0});
    }

    std::vector<DueTask> tasks;

private:
    const Schedule& schedule_;
    Instant now_;
    std::optional<Instant> newer_;
};

void plan_rows(const Schedule& schedule, DueTimes& due, Instant now, Rows& rows) {
    const auto kept = std::max<base::Seconds>(schedule.catch_up_window, on_time_within);
    const auto at_most = [&](base::Seconds age, Instant time) { return now - time <= age; };
    switch (schedule.catch_up) {
    case CatchUp::latest:
        if (due.done() || !at_most(kept, due.time())) break;
        return due.count_rest(rows.run(due.time()));
    case CatchUp::all:
        while (!due.done() && at_most(kept, due.time()) &&
               std::cmp_less(rows.tasks.size(), schedule.catch_up_max)) {
            rows.run(due.time()).fires_covered = 1;
            due.step();
        }
        break;
    case CatchUp::none:
        for (; !due.done() && at_most(on_time_within, due.time()); due.step()) {
            if (rows.tasks.empty()) rows.run(due.time());
            DueTask& task = rows.tasks.front();
            if (++task.fires_covered > 1) task.covers_from = due.time();
        }
        break;
    }
    if (!due.done()) due.count_rest(rows.missed(due.time()));
}

// How many more may run; nullopt: any number.
std::optional<std::int64_t> budget(const Schedule& schedule, std::int64_t runs) {
    if (!schedule.max_runs) return std::nullopt;
    return std::max<std::int64_t>(*schedule.max_runs - runs, 0);
}

// Drops the runs beyond the budget, of tasks in order of time. How many are left.
std::int64_t keep_runs(std::vector<DueTask>& tasks, std::optional<std::int64_t> most) {
    std::int64_t kept = 0;
    const auto beyond = [&](const DueTask& task) { return !task.missed && most && ++kept > *most; };
    std::erase_if(tasks, beyond);
    return most ? std::min(kept, *most) : 0;
}

} // namespace

std::optional<Instant> next_fire_time(const Schedule& schedule, const FireRule& rule, Instant after,
                                      std::int64_t runs) {
    if (budget(schedule, runs) == 0) return std::nullopt;
    return rule.next(after);
}

DuePlan plan_due(const Schedule& schedule, const FireRule& rule, Instant next_fire_at, Instant now,
                 std::int64_t runs) {
    DuePlan plan;
    if (next_fire_at > now) {
        plan.next_fire_at = next_fire_at;
        return plan;
    }
    const auto most = budget(schedule, runs);
    if (most == 0) return plan;
    const std::optional<Instant> next = rule.next(now);
    DueTimes due(rule, next_fire_at, now);
    Rows rows(schedule, now, next);
    plan_rows(schedule, due, now, rows);
    plan.tasks = std::move(rows.tasks);
    std::reverse(plan.tasks.begin(), plan.tasks.end());
    const std::int64_t kept = keep_runs(plan.tasks, most);
    if (!most || kept < *most) plan.next_fire_at = next;
    return plan;
}

std::optional<Instant> cursor_after(const Schedule& schedule, const FireRule& rule,
                                    const DuePlan& plan, std::int64_t runs) {
    if (!schedule.max_runs || plan.tasks.empty()) return plan.next_fire_at;
    return next_fire_time(schedule, rule, plan.tasks.back().fire_time, runs);
}

} // namespace agentcron::schedule
