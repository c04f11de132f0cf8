#include "base/timestamps.hpp"
#include "cron/fire_times.hpp"
#include "schedule/due.hpp"
#include "schedule/limits.hpp"
#include "support/catch.hpp"

#include <random>
#include <spdlog/fmt/fmt.h>

using namespace agentcron;
using namespace agentcron::schedule;
using base::Instant;
using base::Seconds;

namespace {

Instant at(std::string_view text) {
    return *base::from_rfc3339(text);
}

struct Fixture {
    Schedule schedule;
    cron::Expression expression;
    std::shared_ptr<const cron::TimeZone> zone = cron::TimeZone::utc();
    Instant anchor = at("2026-01-01T00:00:00Z");

    explicit Fixture(std::string_view cron, CatchUp catch_up = CatchUp::latest,
                     std::string_view zone_name = "UTC")
        : expression(*cron::parse(cron)), zone(*cron::TimeZone::load(zone_name)) {
        schedule.catch_up = catch_up;
    }

    DuePlan plan(std::string_view cursor, std::string_view now) const {
        return plan_due(schedule, expression, *zone, anchor, at(cursor), at(now));
    }
};

// "2026-01-01T00:00:00Z run 3, ... next 2026-01-02T00:00:00Z"
std::string text(const DuePlan& plan) {
    std::string all;
    for (const DueTask& task : plan.tasks)
        all += fmt::format("{} {} {}, ", base::to_rfc3339(task.fire_time),
                           task.missed ? "missed" : "run", task.fires_covered);
    return all + "next " + (plan.next_fire_at ? base::to_rfc3339(*plan.next_fire_at) : "never");
}

} // namespace

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
    every.anchor = at("2026-01-01T00:07:30.25Z");
    REQUIRE(text(every.plan("2026-01-01T01:37:30Z", "2026-01-01T04:00:00Z")) ==
            "2026-01-01T01:37:30Z run 1, 2026-01-01T03:07:30Z run 1, next 2026-01-01T04:37:30Z");
    REQUIRE(next_fire_time(every.expression, *every.zone, every.anchor, every.anchor) ==
            at("2026-01-01T01:37:30Z"));
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
        return next_fire_time(minutely.expression, *minutely.zone, minutely.anchor, at(after));
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

TEST_CASE("every fire time from the cursor to now is covered by exactly one row",
          "[unit][schedule]") {
    const std::vector<std::string_view> crons{"*/7 * * * *",   "30 1-5 * * *", "0 */2 * * mon-fri",
                                              "15,45 2 * * *", "0 0 1 * *",    "@every 37m",
                                              "*/20 2 * * *",  "30 23 * * 6"};
    const std::vector<std::string_view> zones{"UTC", "Europe/Berlin", "America/New_York",
                                              "Australia/Lord_Howe", "America/Nuuk"};
    constexpr unsigned seed = 20260329;
    std::mt19937 random(seed);
    const auto pick = [&](auto low, auto high) {
        return std::uniform_int_distribution<decltype(low)>(low, high)(random);
    };
    for (int round = 0; round < 400; ++round) {
        Fixture fixture(crons[pick(std::size_t{0}, crons.size() - 1)],
                        static_cast<CatchUp>(pick(0, 2)),
                        zones[pick(std::size_t{0}, zones.size() - 1)]);
        fixture.schedule.catch_up_window = Seconds{pick(0, 20 * 86400)};
        fixture.schedule.catch_up_max = pick(1, 200);
        const Instant start = at("2026-03-01T00:00:00Z") + Seconds{pick(0, 300 * 86400)};
        const Instant now = start + Seconds{pick(0, 30 * 86400)};
        const auto cursor =
            next_fire_time(fixture.expression, *fixture.zone, fixture.anchor, start);
        REQUIRE(cursor);
        const DuePlan plan = plan_due(fixture.schedule, fixture.expression, *fixture.zone,
                                      fixture.anchor, *cursor, now);
        INFO("round " << round << ": " << text(plan));
        // Walks forward, as plan_due does not: each row must end where its count says.
        std::optional<Instant> time = cursor;
        for (const DueTask& task : plan.tasks) {
            REQUIRE(task.fires_covered >= 1);
            std::optional<Instant> last;
            for (int i = 0; i < task.fires_covered; ++i) {
                REQUIRE(time);
                last = time;
                time = next_fire_time(fixture.expression, *fixture.zone, fixture.anchor, *time);
            }
            REQUIRE(task.fire_time == *last);
            REQUIRE(task.fire_time <= now);
        }
        REQUIRE(plan.next_fire_at == time);
        REQUIRE(*plan.next_fire_at > now);
    }
}
