#include "cron/fire_times.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace agentcron {
namespace {

using namespace agentcron::test;
using Texts = std::vector<std::string>;
using std::chrono::seconds;
using std::chrono::sys_seconds;

Texts dates(const std::string& pattern, const std::string& from, int count) {
    Texts texts = fires(pattern, "UTC", from, count);
    for (std::string& text : texts) text = text.substr(0, 10);
    return texts;
}

TEST_CASE("next is strictly after the instant", "[unit][cron]") {
    CHECK(fires("0 12 * * *", "UTC", "2026-05-01 11:59:59", 1) == Texts{"2026-05-01 12:00 +0000"});
    CHECK(fires("0 12 * * *", "UTC", "2026-05-01 12:00:00", 1) == Texts{"2026-05-02 12:00 +0000"});
    CHECK(
        fires("*/20 * * * * *", "UTC", "2026-05-01 00:00:00", 3) ==
        Texts{"2026-05-01 00:00:20 +0000", "2026-05-01 00:00:40 +0000", "2026-05-01 00:01 +0000"});
}

TEST_CASE("restricted day fields are alternatives, and both count after a plus", "[unit][cron]") {
    CHECK(dates("0 0 13 * FRI", "2026-02-01", 4) ==
          Texts{"2026-02-06", "2026-02-13", "2026-02-20", "2026-02-27"});
    CHECK(dates("0 0 13 * +FRI", "2026-01-01", 3) ==
          Texts{"2026-02-13", "2026-03-13", "2026-11-13"});
    CHECK(dates("0 0 */2 * MON", "2026-06-01", 4) ==
          Texts{"2026-06-03", "2026-06-05", "2026-06-07", "2026-06-08"});
    CHECK(dates("0 0 */2 * +MON", "2026-06-01", 2) == Texts{"2026-06-15", "2026-06-29"});
    CHECK(dates("0 0 *,1 * MON", "2026-06-01", 2) == Texts{"2026-06-08", "2026-06-15"});
    CHECK(dates("0 0 1,* * MON", "2026-06-01", 2) == Texts{"2026-06-02", "2026-06-03"});
}

TEST_CASE("L counts from the end of the month", "[unit][cron]") {
    CHECK(dates("0 0 L * *", "2024-01-15", 3) == Texts{"2024-01-31", "2024-02-29", "2024-03-31"});
    CHECK(dates("0 0 L-2 * *", "2025-02-01", 2) == Texts{"2025-02-26", "2025-03-29"});
    CHECK(dates("0 0 L-30 * *", "2025-01-15", 2) == Texts{"2025-03-01", "2025-05-01"});
    CHECK(dates("0 0 15,L * *", "2025-02-01", 3) ==
          Texts{"2025-02-15", "2025-02-28", "2025-03-15"});
    CHECK(dates("0 0 1-7,L-2 * +SUN", "2026-03-01", 3) ==
          Texts{"2026-03-29", "2026-04-05", "2026-05-03"});
}

TEST_CASE("W is the nearest Monday to Friday inside the month", "[unit][cron]") {
    CHECK(dates("0 0 15W * *", "2025-06-01", 3) == Texts{"2025-06-16", "2025-07-15", "2025-08-15"});
    CHECK(dates("0 0 15W 11 *", "2025-06-01", 1) == Texts{"2025-11-14"});
    CHECK(dates("0 0 1W * *", "2025-01-31", 1) == Texts{"2025-02-03"}); // the 1st is a Saturday
    CHECK(dates("0 0 31W * *", "2025-08-01", 2) == Texts{"2025-08-29", "2025-10-31"});
    CHECK(dates("0 0 30W * *", "2025-02-01", 1) == Texts{"2025-03-31"});
    CHECK(dates("0 0 LW * *", "2025-05-01", 3) == Texts{"2025-05-30", "2025-06-30", "2025-07-31"});
    CHECK(dates("0 0 L-1W * *", "2025-06-01", 1) == Texts{"2025-06-30"}); // the 29th is a Sunday
    CHECK(dates("0 0 L-30W * *", "2025-02-02", 1) == Texts{"2025-03-03"});
}

TEST_CASE("# picks one weekday of the month", "[unit][cron]") {
    CHECK(dates("0 0 * * TUE#3", "2025-06-01", 2) == Texts{"2025-06-17", "2025-07-15"});
    CHECK(dates("0 0 * * 5#5", "2026-01-01", 3) == Texts{"2026-01-30", "2026-05-29", "2026-07-31"});
    CHECK(dates("0 0 * * FRI#L", "2025-02-01", 2) == Texts{"2025-02-28", "2025-03-28"});
    CHECK(dates("0 0 * * 6L", "2025-02-01", 1) == Texts{"2025-02-22"});
    CHECK(dates("0 0 * * 0#1,7#2", "2026-03-02", 2) == Texts{"2026-03-08", "2026-04-05"});
    CHECK(dates("0 0 * * MON#1,FRI#L", "2026-03-01", 3) ==
          Texts{"2026-03-02", "2026-03-27", "2026-04-06"});
}

TEST_CASE("leap days skip the year 2100", "[unit][cron]") {
    CHECK(dates("0 0 29 2 *", "2095-01-01", 3) == Texts{"2096-02-29", "2104-02-29", "2108-02-29"});
    CHECK(dates("0 0 29 2 +MON", "2026-01-01", 2) == Texts{"2044-02-29", "2072-02-29"});
}

TEST_CASE("years restrict, and end with 2199", "[unit][cron]") {
    CHECK(dates("0 0 0 1 1 * 2030-2040/5", "2026-01-01", 9) ==
          Texts{"2030-01-01", "2035-01-01", "2040-01-01"});
    CHECK(dates("0 0 0 1 1 * */2", "2027-06-01", 2) == Texts{"2028-01-01", "2030-01-01"});
    CHECK(dates("0 0 31 12 *", "2198-01-01", 9) == Texts{"2198-12-31", "2199-12-31"});
    CHECK(fires("59 59 23 31 12 *", "Asia/Tokyo", "2199-01-01", 9) ==
          Texts{"2199-12-31 23:59:59 +0900"});
    CHECK(fires("0 0 1 1 *", "America/New_York", "2199-06-01", 9).empty());
    CHECK(fires("0 23 31 12 *", "America/New_York", "2199-12-31 23:59", 9) ==
          Texts{"2199-12-31 23:00 -0500"});
    CHECK(fires("0 0 1 1 *", "Asia/Tokyo", "1969-01-01", 1) == Texts{"1970-01-01 00:00 +0900"});
}

TEST_CASE("dates that never come are told at once", "[unit][cron]") {
    const cron::TimeZone& berlin = zone("Europe/Berlin");
    for (const char* never : {"0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 8-31 * +MON#1",
                              "0 0 0 29 2 * 2100", "0 0 31W 2 *", "0 0 L-30 2 *"}) {
        CAPTURE(never);
        CHECK_FALSE(cron::next(expression(never), berlin, at("1970-01-01")));
        CHECK_FALSE(cron::previous(expression(never), berlin, at("2199-12-31")));
        CHECK_FALSE(cron::can_ever_fire(expression(never), berlin));
    }
    CHECK(cron::can_ever_fire(expression("0 0 30 2 MON"), berlin));
    CHECK(cron::can_ever_fire(expression("0 0 29 2 *"), berlin));
    CHECK(cron::can_ever_fire(expression("@reboot"), berlin));
    CHECK(cron::can_ever_fire(expression("0 0 0 30 12 * 2011"), berlin));
    CHECK_FALSE(cron::can_ever_fire(expression("0 0 0 30 12 * 2011"), zone("Pacific/Apia")));
}

TEST_CASE("a period counts from its anchor, whatever the zone", "[unit][cron]") {
    const sys_seconds anchor = at("2026-03-08 06:50");
    const auto every = *cron::parse("@every 90m", {"", anchor});
    const cron::TimeZone& new_york = zone("America/New_York");
    CHECK(cron::next(every, new_york, at("2026-01-01")) == at("2026-03-08 08:20"));
    CHECK(cron::next(every, new_york, anchor) == at("2026-03-08 08:20"));
    CHECK(cron::next(every, new_york, at("2026-03-08 08:20")) == at("2026-03-08 09:50"));
    CHECK(cron::next(every, new_york, at("2026-03-08 08:19:59")) == at("2026-03-08 08:20"));
    CHECK(cron::previous(every, new_york, at("2026-03-08 09:50")) == at("2026-03-08 08:20"));
    CHECK_FALSE(cron::previous(every, new_york, at("2026-03-08 08:20")));
    CHECK_FALSE(cron::next(every, new_york, at("2199-12-31 23:30")));
}

TEST_CASE("@reboot has no fire times", "[unit][cron]") {
    CHECK_FALSE(cron::next(expression("@reboot"), zone("UTC"), at("2026-01-01")));
    CHECK_FALSE(cron::previous(expression("@reboot"), zone("UTC"), at("2026-01-01")));
}

TEST_CASE("instants far outside the supported years are safe", "[unit][cron]") {
    const auto daily = expression("@daily");
    for (const char* name : {"UTC", "Pacific/Kiritimati", "Pacific/Niue"}) {
        CHECK(cron::next(daily, zone(name), sys_seconds::min()).has_value());
        CHECK_FALSE(cron::next(daily, zone(name), sys_seconds::max()));
        CHECK(cron::previous(daily, zone(name), sys_seconds::max()).has_value());
        CHECK_FALSE(cron::previous(daily, zone(name), sys_seconds::min()));
    }
    const auto every = expression("@every 1h");
    CHECK_FALSE(cron::next(every, zone("UTC"), sys_seconds::max()));
    CHECK_FALSE(cron::previous(every, zone("UTC"), sys_seconds::min()));
}

TEST_CASE("after a change of the rules no reading runs twice, and none is lost", "[unit][cron]") {
    // A country that used +02:00 drops to +01:00 at the last minute, or jumps to +03:00.
    const cron::TimeZone plus_one("Test", 3600, {}, 1);
    const cron::TimeZone plus_three("Test", 3 * 3600, {}, 2);
    const auto resume = [](const std::string& pattern, const cron::TimeZone& rules) {
        const std::chrono::local_seconds nine{at("2026-05-01 09:00").time_since_epoch()};
        return *cron::next_after_rule_change(expression(pattern), rules, at("2026-05-01 07:00"),
                                             nine);
    };
    CHECK(resume("0 9 * * *", plus_one) == at("2026-05-02 08:00"));
    CHECK(resume("0 * * * *", plus_one) == at("2026-05-01 09:00")); // 10:00, not 09:00 again
    CHECK(resume("0 9 * * *", plus_three) == at("2026-05-02 06:00"));
    CHECK(resume("30 9 * * *", plus_three) == at("2026-05-01 06:30")); // due in the past
    CHECK(resume("0 9,10 * * *", plus_three) == at("2026-05-02 06:00"));
    CHECK(resume("*/30 * * * *", plus_three) == at("2026-05-01 07:30"));
    const cron::TimeZone plus_two("Test", 2 * 3600, {}, 3);
    CHECK(resume("0 * * * *", plus_two) == at("2026-05-01 08:00"));
    const std::chrono::local_seconds any{};
    CHECK(cron::next_after_rule_change(expression("@every 1h"), plus_one, at("2026-05-01"), any) ==
          at("2026-05-01 01:00"));
}

TEST_CASE("a range of fire times ends with the last one", "[unit][cron]") {
    int count = 0;
    const cron::Expression first_days = expression("0 0 0 1 * * 2026");
    for (const auto time : cron::FireTimes(first_days, zone("UTC"), at("2026-03-15"))) {
        CHECK(time > at("2026-03-15"));
        ++count;
    }
    CHECK(count == 9);
}

TEST_CASE("an H is a constant for its job and spreads between jobs", "[unit][cron]") {
    CHECK(expression("H H * * *", "nightly") == expression("H H * * *", "nightly"));
    std::uint64_t seen = 0;
    for (int i = 0; i < 500; ++i)
        seen |= expression("H 0 * * *", "job-" + std::to_string(i)).calendar().minutes;
    CHECK(seen == (std::uint64_t{1} << 60) - 1);
    // Pinned: the values must be the same on every host and in every version.
    CHECK(expression("H H H H H", "nightly-triage").canonical() == "48 9 18 6 0");
    CHECK(expression("H/15 H(1-5) * * *", "backup").canonical() == "10-55/15 5 * * *");
}

TEST_CASE("H stays in its range, and in days every month has", "[unit][cron]") {
    for (int i = 0; i < 300; ++i) {
        const std::string id = std::to_string(i);
        const auto day = expression("0 0 H * *", id).calendar().day;
        CHECK((day.days & ~0x0fffffffu) == 0);
        const auto hours = expression("0 H(9-17) * * *", id).calendar().hours;
        CHECK((hours & ~0x3fe00u) == 0);
        const auto minutes = expression("H/20 * * * *", id).calendar().minutes;
        CHECK(std::popcount(minutes) == 3);
        CHECK((minutes & ((1u << 20) - 1)) != 0);
        CHECK(expression("H(0-5)/30 * * * *", id).calendar().minutes != 0);
    }
}

} // namespace
} // namespace agentcron
