#include "due_fixture.hpp"

using namespace agentcron;
using namespace agentcron::schedule;
using base::Instant;
using base::Seconds;

TEST_CASE("a fire time that just came runs under every policy", "[unit][schedule]") {
    for (const CatchUp policy : {CatchUp::latest, CatchUp::all, CatchUp::none}) {
        const Fixture daily("0 6 * * *", policy);
        REQUIRE(text(daily.plan("2026-03-05T06:00:00Z", "2026-03-05T06:00:00.004Z")) ==
                "2026-03-05T06:00:00Z run 1, next 2026-03-06T06:00:00Z");
    }
}

TEST_CASE("nothing is due before the cursor, which stays", "[unit][schedule]") {
    const Fixture daily("0 6 * * *");
    REQUIRE(text(daily.plan("2026-03-05T06:00:00Z", "2026-03-05T05:59:59.999999Z")) ==
            "next 2026-03-05T06:00:00Z");
    // The clock went back by days: what already has rows gets none again.
    REQUIRE(text(daily.plan("2026-03-05T06:00:00Z", "2026-03-01T00:00:00Z")) ==
            "next 2026-03-05T06:00:00Z");
}

TEST_CASE("a cursor that is no fire time any more yields only real ones", "[unit][schedule]") {
    const Fixture daily("0 6 * * *");
    REQUIRE(text(daily.plan("2026-03-05T05:00:00Z", "2026-03-05T05:30:00Z")) ==
            "next 2026-03-05T06:00:00Z");
    REQUIRE(text(daily.plan("2026-03-05T06:00:00.5Z", "2026-03-06T06:00:00Z")) ==
            "2026-03-06T06:00:00Z run 1, next 2026-03-07T06:00:00Z");
}

TEST_CASE("latest makes one task for a month of missed minutes", "[unit][schedule]") {
    const Fixture minutely("* * * * *", CatchUp::latest);
    REQUIRE(text(minutely.plan("2026-01-01T00:00:00Z", "2026-01-31T00:00:30Z")) ==
            "2026-01-31T00:00:00Z run 43201, next 2026-01-31T00:01:00Z");
}

TEST_CASE("latest drops the newest fire time outside its window", "[unit][schedule]") {
    Fixture daily("0 6 * * *", CatchUp::latest);
    daily.schedule.catch_up_window = Seconds{3600};
    REQUIRE(text(daily.plan("2026-03-01T06:00:00Z", "2026-03-05T07:00:00Z")) ==
            "2026-03-05T06:00:00Z run 5, next 2026-03-06T06:00:00Z");
    REQUIRE(text(daily.plan("2026-03-01T06:00:00Z", "2026-03-05T07:00:00.000001Z")) ==
            "2026-03-05T06:00:00Z missed 5, next 2026-03-06T06:00:00Z");
}

TEST_CASE("a window shorter than the usual lateness drops nothing on time", "[unit][schedule]") {
    Fixture daily("0 6 * * *", CatchUp::latest);
    daily.schedule.catch_up_window = Seconds{0};
    REQUIRE(text(daily.plan("2026-03-05T06:00:00Z", "2026-03-05T06:01:00Z")) ==
            "2026-03-05T06:00:00Z run 1, next 2026-03-06T06:00:00Z");
    REQUIRE(text(daily.plan("2026-03-05T06:00:00Z", "2026-03-05T06:01:01Z")) ==
            "2026-03-05T06:00:00Z missed 1, next 2026-03-06T06:00:00Z");
}

TEST_CASE("all runs each fire time inside the window, oldest first", "[unit][schedule]") {
    Fixture hourly("0 * * * *", CatchUp::all);
    hourly.schedule.catch_up_window = Seconds{2 * 3600};
    REQUIRE(text(hourly.plan("2026-03-05T00:00:00Z", "2026-03-05T06:10:00Z")) ==
            "2026-03-05T04:00:00Z missed 5, 2026-03-05T05:00:00Z run 1, "
            "2026-03-05T06:00:00Z run 1, next 2026-03-05T07:00:00Z");
}

TEST_CASE("all runs at most catch_up_max for a month of missed minutes", "[unit][schedule]") {
    Fixture minutely("* * * * *", CatchUp::all);
    minutely.schedule.catch_up_window = Seconds{366 * 86400};
    minutely.schedule.catch_up_max = 2;
    REQUIRE(text(minutely.plan("2026-01-01T00:00:00Z", "2026-01-31T00:00:30Z")) ==
            "2026-01-30T23:58:00Z missed 43199, 2026-01-30T23:59:00Z run 1, "
            "2026-01-31T00:00:00Z run 1, next 2026-01-31T00:01:00Z");
}

TEST_CASE("none runs what is on time and says how many it missed", "[unit][schedule]") {
    const Fixture minutely("* * * * *", CatchUp::none);
    REQUIRE(text(minutely.plan("2026-01-01T00:00:00Z", "2026-01-31T00:00:30Z")) ==
            "2026-01-30T23:59:00Z missed 43200, 2026-01-31T00:00:00Z run 1, "
            "next 2026-01-31T00:01:00Z");
    const Fixture daily("0 6 * * *", CatchUp::none);
    REQUIRE(text(daily.plan("2026-03-04T06:00:00Z", "2026-03-05T12:00:00Z")) ==
            "2026-03-05T06:00:00Z missed 2, next 2026-03-06T06:00:00Z");
}

TEST_CASE("none covers a hiccup of an every-second schedule by one run", "[unit][schedule]") {
    const Fixture secondly("* * * * * *", CatchUp::none);
    REQUIRE(text(secondly.plan("2026-01-01T00:00:00Z", "2026-01-01T00:00:09.7Z")) ==
            "2026-01-01T00:00:09Z run 10, next 2026-01-01T00:00:10Z");
}

TEST_CASE("a schedule that never fires again has no next fire time", "[unit][schedule]") {
    const Fixture once("0 0 12 24 12 * 2026");
    REQUIRE(text(once.plan("2026-12-24T12:00:00Z", "2026-12-24T12:00:01Z")) ==
            "2026-12-24T12:00:00Z run 1, next never");
    const Fixture never("0 0 30 2 *");
    REQUIRE(text(never.plan("2026-01-01T00:00:00Z", "2026-12-24T12:00:01Z")) == "next never");
}

TEST_CASE("@every counts from the schedule's creation", "[unit][schedule]") {
    Fixture every("@every 90m", CatchUp::all);
    const Instant made = at("2026-01-01T00:07:30.25Z");
    every.rule.anchor(made);
    REQUIRE(text(every.plan("2026-01-01T01:37:30Z", "2026-01-01T04:00:00Z")) ==
            "2026-01-01T01:37:30Z run 1, 2026-01-01T03:07:30Z run 1, next 2026-01-01T04:37:30Z");
    REQUIRE(next_fire_time(every.schedule, every.rule, made) == at("2026-01-01T01:37:30Z"));
}

TEST_CASE("a change of the clock makes a fire time neither twice nor never", "[unit][schedule]") {
    // 02:30 does not exist on 29 March 2026 in Berlin and runs at 03:00 CEST = 01:00Z.
    const Fixture gap("30 2 * * *", CatchUp::all, "Europe/Berlin");
    REQUIRE(text(gap.plan("2026-03-28T01:30:00Z", "2026-03-29T01:10:00Z")) ==
            "2026-03-28T01:30:00Z run 1, 2026-03-29T01:00:00Z run 1, next 2026-03-30T00:30:00Z");
    // 02:30 exists twice on 25 October 2026: only the first pass counts.
    const Fixture overlap("30 2 * * *", CatchUp::all, "Europe/Berlin");
    REQUIRE(text(overlap.plan("2026-10-25T00:30:00Z", "2026-10-25T12:00:00Z")) ==
            "2026-10-25T00:30:00Z run 1, next 2026-10-26T01:30:00Z");
    // An hourly schedule has 25 fire times on that day.
    const Fixture hourly("0 * * * *", CatchUp::latest, "Europe/Berlin");
    REQUIRE(text(hourly.plan("2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z")) ==
            "2026-10-25T22:00:00Z run 25, next 2026-10-25T23:00:00Z");
}

TEST_CASE("the next fire time is strictly after an instant with a fraction", "[unit][schedule]") {
    const Fixture minutely("* * * * *");
    const auto next = [&](std::string_view after) {
        return next_fire_time(minutely.schedule, minutely.rule, at(after));
    };
    REQUIRE(next("2026-01-01T00:00:59.999999Z") == at("2026-01-01T00:01:00Z"));
    REQUIRE(next("2026-01-01T00:01:00Z") == at("2026-01-01T00:02:00Z"));
    REQUIRE(next("2026-01-01T00:01:00.000001Z") == at("2026-01-01T00:02:00Z"));
}

TEST_CASE("an every-second schedule that slept for decades is counted up to a bound",
          "[unit][schedule]") {
    const Fixture secondly("* * * * * *");
    const DuePlan plan = secondly.plan("1971-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    REQUIRE(plan.tasks.size() == 1);
    REQUIRE(plan.tasks.front().fires_covered == fires_counted_max);
}

TEST_CASE("a row says how far back it reaches, and whether it was made late", "[unit][schedule]") {
    const Fixture hourly("0 * * * *");
    const DuePlan late = hourly.plan("2026-03-05T02:00:00Z", "2026-03-05T06:10:00Z");
    REQUIRE(late.tasks.size() == 1);
    CHECK(late.tasks[0].covers_from == at("2026-03-05T02:00:00Z"));
    CHECK(late.tasks[0].caught_up);
    const DuePlan punctual = hourly.plan("2026-03-05T06:00:00Z", "2026-03-05T06:01:00Z");
    CHECK_FALSE(punctual.tasks.at(0).covers_from);
    CHECK_FALSE(punctual.tasks.at(0).caught_up);
    const Fixture never_late("0 * * * *", CatchUp::none);
    const DuePlan missed = never_late.plan("2026-03-05T02:00:00Z", "2026-03-05T06:10:00Z");
    CHECK(missed.tasks.at(0).covers_from == at("2026-03-05T02:00:00Z"));
    CHECK_FALSE(missed.tasks.at(0).caught_up); // it does not run at all
}

TEST_CASE("a start is delayed by the jitter, never as far as the next fire time",
          "[unit][schedule]") {
    Fixture minutely("* * * * *", CatchUp::all);
    minutely.schedule.jitter = Seconds{3600};
    const DuePlan plan = minutely.plan("2026-03-05T00:00:00Z", "2026-03-05T00:09:00Z");
    REQUIRE(plan.tasks.size() == 10);
    bool delayed = false;
    for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
        const Instant next =
            i + 1 < plan.tasks.size() ? plan.tasks[i + 1].fire_time : *plan.next_fire_at;
        CHECK(plan.tasks[i].run_at >= plan.tasks[i].fire_time);
        CHECK(plan.tasks[i].run_at < next);
        delayed |= plan.tasks[i].run_at > plan.tasks[i].fire_time;
    }
    CHECK(delayed);
}
