#include "cron/explain.hpp"
#include "cron/instant_text.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace agentcron {
namespace {

using namespace agentcron::test;

std::vector<std::string> notes(const std::string& pattern, const std::string& name,
                               const std::string& from, std::size_t count) {
    std::vector<std::string> texts;
    for (const auto& time : cron::explain(expression(pattern), zone(name), at(from), count).times)
        texts.push_back(time.note);
    return texts;
}
using Notes = std::vector<std::string>;

TEST_CASE("an explanation holds times, description, warnings and day fields", "[unit][cron]") {
    const auto told =
        cron::explain(expression("0 3 13 * FRI"), zone("Europe/Berlin"), at("2026-03-26"), 2);
    CHECK(told.canonical == "0 3 13 * 5");
    CHECK(told.description == "At 03:00 on day 13 of the month or on Friday");
    CHECK(told.day_fields ==
          "a day matches if either field does: on day 13 of the month, or on Friday");
    REQUIRE(told.warnings.size() == 1);
    CHECK(told.warnings[0].rule == cron::LintRule::either_day_field);
    REQUIRE(told.times.size() == 2);
    CHECK(told.times[0].weekday == "Friday");
    CHECK(told.times[0].local == "2026-03-27 03:00:00 +01:00");
    CHECK(told.times[0].utc == "2026-03-27T02:00:00Z");
    CHECK(told.times[1].local == "2026-04-03 03:00:00 +02:00");
    CHECK_FALSE(told.never);
    CHECK_FALSE(told.reboot);
}

TEST_CASE("fire times tell what a change of the clock did", "[unit][cron]") {
    const std::string berlin = "Europe/Berlin";
    CHECK(notes("30 2 * * *", berlin, "2026-03-28", 2) ==
          Notes{"", "02:30 does not exist that day: runs at 03:00"});
    CHECK(notes("*/20 2 * * *", berlin, "2026-03-28 20:00", 2) ==
          Notes{"02:00, 02:20 and 02:40 do not exist that day: runs once, at 03:00", ""});
    CHECK(notes("*/5 2 * * *", berlin, "2026-03-28 20:00", 1) ==
          Notes{"02:00, 02:05, 02:10, ... do not exist that day: runs once, at 03:00"});
    CHECK(notes("0 2,3 * * *", berlin, "2026-03-28 20:00", 1) ==
          Notes{"02:00 does not exist that day: covered by the run at 03:00"});
    CHECK(notes("15 * * * *", berlin, "2026-03-28 23:30", 3) == Notes{"", "", ""});
    CHECK(notes("30 2 * * *", berlin, "2026-10-24 20:00", 2) ==
          Notes{"02:30 comes twice that day: runs the first time only", ""});
    CHECK(notes("*/30 2 * * *", berlin, "2026-10-24 20:00", 4) ==
          Notes{"02:00 for the first time that day", "02:30 for the first time that day",
                "02:00 for the second time that day", "02:30 for the second time that day"});
    CHECK(notes("30 23 * * 6", "America/Nuuk", "2024-03-28", 1) ==
          Notes{"23:30 does not exist on 2024-03-30: runs at 00:00"});
    CHECK(notes("0 12 * * *", "Pacific/Apia", "2011-12-29", 3) ==
          Notes{"",
                "on 2011-12-30 12:00 does not exist: not made up, the change is larger than 3 "
                "hours",
                ""});
}

TEST_CASE("expressions without times say why", "[unit][cron]") {
    const auto never = cron::explain(expression("0 0 30 2 *"), zone("UTC"), at("2026-01-01"), 5);
    CHECK(never.never);
    CHECK(never.times.empty());
    const auto past =
        cron::explain(expression("0 0 0 1 1 * 2020"), zone("UTC"), at("2026-01-01"), 5);
    CHECK_FALSE(past.never);
    CHECK(past.times.empty());
    const auto reboot = cron::explain(expression("@reboot"), zone("UTC"), at("2026-01-01"), 5);
    CHECK(reboot.reboot);
    CHECK_FALSE(reboot.never);
    CHECK(cron::explain(expression("* * * * *"), zone("UTC"), at("2026-01-01"), 0).times.empty());
}

TEST_CASE("instants are read with Z, an offset, or as local readings", "[unit][cron]") {
    const cron::TimeZone& berlin = zone("Europe/Berlin");
    const auto read = [&](const std::string& text) { return cron::parse_instant(text, berlin); };
    CHECK(read("2026-03-29T01:00:00Z") == at("2026-03-29 01:00"));
    CHECK(read("2026-03-29T01:00:00.75Z") == at("2026-03-29 01:00"));
    CHECK(read("2026-03-29 03:30+02:00") == at("2026-03-29 01:30"));
    CHECK(read("2026-03-29T03:30:00-0530") == at("2026-03-29 09:00"));
    CHECK(read("2026-03-29T03:30+02") == at("2026-03-29 01:30"));
    CHECK(read("2026-07-01 12:00") == at("2026-07-01 10:00"));
    CHECK(read("2026-07-01") == at("2026-06-30 22:00"));
    CHECK(read("2026-03-29T02:30") == at("2026-03-29 01:00")); // in the gap: its end
    CHECK(read("2026-10-25T02:30") == at("2026-10-25 00:30")); // twice: the first
    for (const char* bad : {"", "now", "2026-13-01", "2026-02-30", "2026-03-29T25:00Z",
                            "2026-03-29T", "2026-03-29T01:00:00ZZ", "2026-03-29T01:00:00+",
                            "2026-03-29T01:60", "26-03-29", "2026-03-29T01:00 Z"}) {
        CAPTURE(bad);
        CHECK_FALSE(read(bad).has_value());
    }
}

TEST_CASE("distances are told in their two largest units", "[unit][cron]") {
    const auto now = at("2026-03-29 12:00");
    CHECK(cron::distance_text(at("2026-03-31 15:20:10"), now) == "in 2 days 3 hours");
    CHECK(cron::distance_text(at("2026-03-29 13:00:59"), now) == "in 1 hour");
    CHECK(cron::distance_text(at("2026-03-29 12:05:07"), now) == "in 5 minutes 7 seconds");
    CHECK(cron::distance_text(at("2026-03-29 11:59:30"), now) == "30 seconds ago");
    CHECK(cron::distance_text(now, now) == "now");
}

} // namespace
} // namespace agentcron
