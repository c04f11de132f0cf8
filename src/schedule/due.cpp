#include "schedule/due.hpp"

#include "cron/fire_times.hpp"

#include <algorithm>

namespace agentcron::schedule {
namespace {

using base::Instant;
using std::chrono::sys_seconds;

sys_seconds whole_second(Instant instant) {
    return std::chrono::floor<std::chrono::seconds>(instant);
}

// An @every expression counts from its schedule's creation; others do not care.
cron::Expression anchored(const cron::Expression& expression, Instant anchor) {
    if (expression.kind() != cron::Kind::every) return expression;
    return cron::Expression::every(expression.period(), whole_second(anchor),
                                   expression.spelling());
}

// The due fire times, from the newest back to the cursor.
class DueTimes {
public:
    DueTimes(const cron::Expression& expression, const cron::TimeZone& zone, Instant cursor,
             Instant now)
        : expression_(expression), zone_(zone), cursor_(cursor) {
        look_before(whole_second(now) + base::Seconds{1});
    }

    bool done() const { return !time_; }
    Instant time() const { return *time_; }
    void step() { look_before(*time_); }

    // Steps over this one and all older ones, or as many as one row may cover.
    int count_rest() {
        int count = 0;
        for (; !done() && count < fires_counted_max; step()) ++count;
        return count;
    }

private:
    void look_before(sys_seconds before) {
        time_ = cron::previous(expression_, zone_, before);
        if (time_ && *time_ < cursor_) time_.reset();
    }

    const cron::Expression& expression_;
    const cron::TimeZone& zone_;
    Instant cursor_;
    std::optional<sys_seconds> time_;
};

// One row for everything that is left.
void cover_rest(DueTimes& due, bool missed, std::vector<DueTask>& tasks) {
    if (due.done()) return;
    const Instant newest = due.time();
    tasks.push_back({newest, missed, due.count_rest()});
}

} // namespace

std::optional<Instant> next_fire_time(const cron::Expression& expression,
                                      const cron::TimeZone& zone, Instant anchor, Instant after) {
    return cron::next(anchored(expression, anchor), zone, whole_second(after));
}

DuePlan plan_due(const Schedule& schedule, const cron::Expression& expression,
                 const cron::TimeZone& zone, Instant anchor, Instant next_fire_at, Instant now) {
    DuePlan plan;
    if (next_fire_at > now) {
        plan.next_fire_at = next_fire_at;
        return plan;
    }
    const cron::Expression own = anchored(expression, anchor);
    const auto kept = std::max<base::Seconds>(schedule.catch_up_window, on_time_within);
    const auto at_most = [&](base::Seconds age, Instant time) { return now - time <= age; };
    DueTimes due(own, zone, next_fire_at, now);
    switch (schedule.catch_up) {
    case CatchUp::latest:
        if (!due.done()) cover_rest(due, !at_most(kept, due.time()), plan.tasks);
        break;
    case CatchUp::all:
        while (!due.done() && at_most(kept, due.time()) &&
               std::cmp_less(plan.tasks.size(), schedule.catch_up_max)) {
            plan.tasks.push_back({due.time(), false, 1});
            due.step();
        }
        cover_rest(due, true, plan.tasks);
        break;
    case CatchUp::none:
        for (; !due.done() && at_most(on_time_within, due.time()); due.step()) {
            if (plan.tasks.empty()) plan.tasks.push_back({due.time(), false, 0});
            ++plan.tasks.front().fires_covered;
        }
        cover_rest(due, true, plan.tasks);
        break;
    }
    std::reverse(plan.tasks.begin(), plan.tasks.end());
    plan.next_fire_at = cron::next(own, zone, whole_second(now));
    return plan;
}

} // namespace agentcron::schedule
