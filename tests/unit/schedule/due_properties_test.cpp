// Laws of plan_due for every rule, policy, cursor and instant, against an oracle that walks forward
// and looks at each time of the expression alone.
#include "cron/fire_times.hpp"
#include "due_fixture.hpp"

#include <rapidcheck.h>

using namespace agentcron;
using namespace agentcron::schedule;
using base::Instant;
using base::Seconds;
using std::chrono::days;
using std::chrono::local_days;

namespace {

constexpr std::int64_t day = 86'400;
const Instant epoch = at("2026-03-01T00:00:00Z");

struct Case {
    Fixture fixture{"* * * * *"};
    std::vector<DayRange> excluded;
    Instant cursor{};
    Instant now{};
    std::int64_t runs = 0;
};

Instant any_instant(std::int64_t days_max) {
    return epoch + Seconds{*rc::gen::inRange<std::int64_t>(0, days_max * day)};
}

std::vector<DayRange> any_ranges() {
    std::vector<DayRange> ranges;
    const auto first_day = std::chrono::floor<days>(epoch).time_since_epoch();
    for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
        const local_days first{first_day + days{*rc::gen::inRange(0, 330)}};
        ranges.push_back({first, first + days{*rc::gen::inRange(0, 20)}});
    }
    return ranges;
}

Case any_case() {
    const std::string cron = *rc::gen::element<std::string>(
        "*/7 * * * *", "30 1-5 * * *", "0 */2 * * mon-fri", "15,45 2 * * *", "0 0 1 * *",
        "@every 37m", "*/20 2 * * *", "30 23 * * 6", "0 0 * * *");
    // Changes of half an hour, of a whole day's border, and a day that was left out.
    const std::string zone = *rc::gen::element<std::string>(
        "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Nuuk",
        "Africa/Cairo", "America/Havana", "Pacific/Apia");
    Case made;
    made.fixture = Fixture(cron, static_cast<CatchUp>(*rc::gen::inRange(0, 3)), zone);
    Schedule& schedule = made.fixture.schedule;
    schedule.catch_up_window = Seconds{*rc::gen::inRange<std::int64_t>(0, 20 * day)};
    schedule.catch_up_max = *rc::gen::inRange(1, 200);
    schedule.jitter = Seconds{*rc::gen::element<std::int64_t>(0, 30, 3600, 3 * day)};
    made.excluded = any_ranges();
    FireRule& rule = made.fixture.rule;
    rule.exclusions = Exclusions(made.excluded);
    if (*rc::gen::arbitrary<bool>()) rule.starts_at = any_instant(330);
    if (*rc::gen::arbitrary<bool>()) rule.ends_at = any_instant(330);
    if (*rc::gen::arbitrary<bool>()) schedule.max_runs = *rc::gen::inRange(1, 100);
    made.cursor = any_instant(300);
    made.now = made.cursor + Seconds{*rc::gen::inRange<std::int64_t>(0, 30 * day)};
    made.runs = *rc::gen::inRange<std::int64_t>(0, 100);
    return made;
}

bool allowed(const Case& c, Instant time) {
    const FireRule& rule = c.fixture.rule;
    if (rule.starts_at && time < *rule.starts_at) return false;
    if (rule.ends_at && time >= *rule.ends_at) return false;
    const auto utc = std::chrono::floor<Seconds>(time);
    const local_days today{
        std::chrono::floor<days>(utc.time_since_epoch() + rule.zone->offset_at(utc))};
    return std::none_of(c.excluded.begin(), c.excluded.end(), [&](const DayRange& range) {
        return range.first <= today && today <= range.last;
    });
}

// The allowed fire times from the cursor to now, and the one after.
struct Owed {
    std::vector<Instant> due;
    std::optional<Instant> next;
};
Owed owed(const Case& c) {
    Owed all;
    const auto from = std::chrono::ceil<Seconds>(c.cursor) - Seconds{1};
    for (const auto time : cron::FireTimes(c.fixture.rule.expression, *c.fixture.rule.zone, from)) {
        if (time > epoch + Seconds{800 * day}) break;
        if (!allowed(c, time)) continue;
        if (time > c.now) {
            all.next = time;
            break;
        }
        all.due.push_back(time);
    }
    return all;
}

void log(const Case& c, const DuePlan& plan) {
    RC_LOG() << c.fixture.rule.expression.canonical() << " in " << c.fixture.rule.zone->name()
             << " from " << base::to_rfc3339(c.cursor) << " at " << base::to_rfc3339(c.now) << ": "
             << text(plan) << '\n';
}

DuePlan plan_of(const Case& c) {
    return plan_due(c.fixture.schedule, c.fixture.rule, c.cursor, c.now, c.runs);
}

} // namespace

TEST_CASE("every fire time from the cursor to now is covered by exactly one row",
          "[unit][schedule]") {
    REQUIRE(rc::check([] {
        Case c = any_case();
        c.fixture.schedule.max_runs.reset();
        const DuePlan plan = plan_of(c);
        log(c, plan);
        const Owed expected = owed(c);
        std::size_t covered = 0;
        for (const DueTask& task : plan.tasks) {
            RC_ASSERT(task.fires_covered >= 1);
            const std::size_t first = covered;
            covered += static_cast<std::size_t>(task.fires_covered);
            RC_ASSERT(covered <= expected.due.size());
            RC_ASSERT(task.fire_time == expected.due[covered - 1]);
            RC_ASSERT(task.covers_from.has_value() == (task.fires_covered > 1));
            if (task.covers_from) RC_ASSERT(*task.covers_from == expected.due[first]);
        }
        // Nothing is due while the cursor lies ahead, be it a fire time or not.
        RC_ASSERT(covered == expected.due.size());
        RC_ASSERT(plan.next_fire_at == expected.next);
        RC_ASSERT(cursor_after(c.fixture.schedule, c.fixture.rule, plan, 0) == expected.next);
    }));
}

TEST_CASE("a start lies between its fire time and the next one, at most the jitter late",
          "[unit][schedule]") {
    REQUIRE(rc::check([] {
        const Case c = any_case();
        const DuePlan plan = plan_of(c);
        log(c, plan);
        const Owed expected = owed(c);
        for (const DueTask& task : plan.tasks) {
            RC_ASSERT(task.run_at >= task.fire_time);
            RC_ASSERT(task.run_at <= task.fire_time + c.fixture.schedule.jitter);
            auto next = std::upper_bound(expected.due.begin(), expected.due.end(), task.fire_time);
            if (next != expected.due.end()) RC_ASSERT(task.run_at < *next);
            if (next == expected.due.end() && expected.next)
                RC_ASSERT(task.run_at < *expected.next);
            if (!task.missed)
                RC_ASSERT(task.caught_up == (c.now - task.fire_time > on_time_within));
        }
    }));
}

TEST_CASE("max_runs cuts the plan after the last run that is left", "[unit][schedule]") {
    REQUIRE(rc::check([] {
        Case c = any_case();
        const auto most = c.fixture.schedule.max_runs;
        RC_PRE(most.has_value());
        const DuePlan plan = plan_of(c);
        c.fixture.schedule.max_runs.reset();
        const DuePlan endless = plan_of(c);
        log(c, plan);
        const std::int64_t left = std::max<std::int64_t>(*most - c.runs, 0);
        RC_ASSERT(plan.tasks.size() <= endless.tasks.size());
        std::int64_t ran = 0;
        for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
            RC_ASSERT(plan.tasks[i].fire_time == endless.tasks[i].fire_time);
            RC_ASSERT(plan.tasks[i].missed == endless.tasks[i].missed);
            if (!plan.tasks[i].missed) ++ran;
        }
        RC_ASSERT(ran <= left);
        if (left == 0) RC_ASSERT(plan.tasks.empty());
        if (ran < left) RC_ASSERT(plan.tasks.size() == endless.tasks.size());
        if (c.cursor <= c.now) {
            const auto next = ran == left ? std::nullopt : endless.next_fire_at;
            RC_ASSERT(plan.next_fire_at == next);
        }
    }));
}
