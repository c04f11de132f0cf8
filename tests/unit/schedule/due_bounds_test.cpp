#include "cron/fire_times.hpp"
#include "due_fixture.hpp"

using namespace agentcron;
using namespace agentcron::schedule;
using base::Instant;

TEST_CASE("nothing fires before the start or from the end on", "[unit][schedule]") {
    Fixture daily("0 6 * * *", CatchUp::all);
    daily.rule.starts_at = at("2026-03-03T06:00:00Z");
    daily.rule.ends_at = at("2026-03-05T06:00:00Z");
    // The start is included, the end is not.
    REQUIRE(text(daily.plan("2026-03-01T06:00:00Z", "2026-03-04T06:00:00Z")) ==
            "2026-03-03T06:00:00Z run 1, 2026-03-04T06:00:00Z run 1, next never");
    REQUIRE(text(daily.plan("2026-03-05T06:00:00Z", "2026-03-06T07:00:00Z")) == "next never");
    REQUIRE(next_fire_time(daily.schedule, daily.rule, at("2020-01-01T00:00:00Z")) ==
            at("2026-03-03T06:00:00Z"));
    REQUIRE_FALSE(next_fire_time(daily.schedule, daily.rule, at("2026-03-04T06:00:00Z")));
}

TEST_CASE("bounds between two seconds count to the microsecond", "[unit][schedule]") {
    Fixture daily("0 6 * * *");
    daily.rule.starts_at = at("2026-03-03T06:00:00.000001Z");
    REQUIRE(next_fire_time(daily.schedule, daily.rule, at("2026-03-01T00:00:00Z")) ==
            at("2026-03-04T06:00:00Z"));
    daily.rule.starts_at.reset();
    daily.rule.ends_at = at("2026-03-03T06:00:00.000001Z");
    REQUIRE(text(daily.plan("2026-03-03T06:00:00Z", "2026-03-03T06:00:00Z")) ==
            "2026-03-03T06:00:00Z run 1, next never");
}

TEST_CASE("an excluded day is not due and not missed", "[unit][schedule]") {
    Fixture daily("0 6 * * *", CatchUp::latest);
    daily.exclude({"2026-12-25", "2026-12-31/2027-01-01"});
    REQUIRE(text(daily.plan("2026-12-24T06:00:00Z", "2026-12-25T12:00:00Z")) ==
            "2026-12-24T06:00:00Z missed 1, next 2026-12-26T06:00:00Z");
    REQUIRE(text(daily.plan("2026-12-26T06:00:00Z", "2027-01-02T06:00:00Z")) ==
            "2027-01-02T06:00:00Z run 6, next 2027-01-03T06:00:00Z");
    // A stored cursor on a day that was excluded later.
    REQUIRE(text(daily.plan("2026-12-25T06:00:00Z", "2026-12-25T06:00:00Z")) ==
            "next 2026-12-26T06:00:00Z");
}

TEST_CASE("an excluded day is one of the schedule's own clock", "[unit][schedule]") {
    Fixture hourly("0 * * * *", CatchUp::latest, "America/New_York");
    hourly.exclude({"2026-03-08"}); // 23 hours long, from 05:00Z to 04:00Z
    REQUIRE(text(hourly.plan("2026-03-08T04:00:00Z", "2026-03-09T04:00:00Z")) ==
            "2026-03-09T04:00:00Z run 2, next 2026-03-09T05:00:00Z");
}

TEST_CASE("a millennium of excluded days costs one step", "[unit][schedule]") {
    Fixture secondly("* * * * * *");
    secondly.exclude({"1900-01-01/2199-12-31"});
    REQUIRE_FALSE(next_fire_time(secondly.schedule, secondly.rule, at("2026-01-01T00:00:00Z")));
    REQUIRE(text(secondly.plan("2026-01-01T00:00:00Z", "2126-01-01T00:00:00Z")) == "next never");
    secondly.exclude({"2026-01-02/2125-12-31"});
    REQUIRE(text(secondly.plan("2026-01-01T23:59:59Z", "2126-01-01T00:00:00Z")) ==
            "2126-01-01T00:00:00Z run 2, next 2126-01-01T00:00:01Z");
}

TEST_CASE("the last of max_runs ends the schedule", "[unit][schedule]") {
    Fixture hourly("0 * * * *", CatchUp::all);
    hourly.schedule.max_runs = 5;
    // Three of five were made: the oldest two due ones run, the third came when all was over.
    const DuePlan plan = hourly.plan("2026-03-05T04:00:00Z", "2026-03-05T06:10:00Z", 3);
    REQUIRE(text(plan) == "2026-03-05T04:00:00Z run 1, 2026-03-05T05:00:00Z run 1, next never");
    REQUIRE_FALSE(cursor_after(hourly.schedule, hourly.rule, plan, 5));
    // One or both of them were skipped: then the third one is due, for there is room again.
    for (const int made : {3, 4})
        REQUIRE(cursor_after(hourly.schedule, hourly.rule, plan, made) ==
                at("2026-03-05T06:00:00Z"));
    REQUIRE(text(hourly.plan("2026-03-05T04:00:00Z", "2026-03-05T05:10:00Z", 2)) ==
            "2026-03-05T04:00:00Z run 1, 2026-03-05T05:00:00Z run 1, next 2026-03-05T06:00:00Z");
    REQUIRE(text(hourly.plan("2026-03-05T04:00:00Z", "2026-03-05T06:10:00Z", 5)) == "next never");
    REQUIRE_FALSE(next_fire_time(hourly.schedule, hourly.rule, at("2026-03-05T04:00:00Z"), 5));
    hourly.schedule.max_runs = 6; // raised: it fires again
    REQUIRE(next_fire_time(hourly.schedule, hourly.rule, at("2026-03-05T04:00:00Z"), 5) ==
            at("2026-03-05T05:00:00Z"));
}

TEST_CASE("what was missed counts for no max_runs", "[unit][schedule]") {
    Fixture hourly("0 * * * *", CatchUp::none);
    hourly.schedule.max_runs = 1;
    REQUIRE(text(hourly.plan("2026-03-05T04:00:00Z", "2026-03-05T06:10:00Z")) ==
            "2026-03-05T06:00:00Z missed 3, next 2026-03-05T07:00:00Z");
    REQUIRE(text(hourly.plan("2026-03-05T05:00:00Z", "2026-03-05T06:00:10Z")) ==
            "2026-03-05T05:00:00Z missed 1, 2026-03-05T06:00:00Z run 1, next never");
}

TEST_CASE("an empty expression never fires", "[unit][schedule]") {
    Schedule schedule;
    const FireRule rule{cron::Expression{}, cron::TimeZone::utc()};
    REQUIRE_FALSE(next_fire_time(schedule, rule, at("2026-01-01T00:00:00Z")));
}
