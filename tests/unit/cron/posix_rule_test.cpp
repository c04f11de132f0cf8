#include "cron/posix_rule.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace agentcron {
namespace {

using namespace agentcron::test;

std::vector<cron::OffsetChange> changes_of(const std::string& text, int year) {
    const auto rule = cron::parse_posix_rule(text);
    REQUIRE(rule.has_value());
    std::vector<cron::OffsetChange> changes;
    cron::append_rule_changes(*rule, year, year, 0, changes);
    return changes;
}
std::int64_t utc(const std::string& text) {
    return at(text).time_since_epoch().count();
}

TEST_CASE("the nth weekday of a month and the last one", "[unit][cron]") {
    const auto changes = changes_of("EST5EDT,M3.2.0,M11.1.0", 2050);
    REQUIRE(changes.size() == 2);
    CHECK(changes[0].at == utc("2050-03-13 07:00"));
    CHECK(changes[0].offset == -4 * 3600);
    CHECK(changes[1].at == utc("2050-11-06 06:00"));
    CHECK(changes[1].offset == -5 * 3600);
    CHECK(changes_of("CET-1CEST,M3.5.0,M10.5.0/3", 2050)[0].at == utc("2050-03-27 01:00"));
    CHECK(changes_of("CET-1CEST,M3.5.0,M10.5.0/3", 2050)[1].at == utc("2050-10-30 01:00"));
}

TEST_CASE("daylight saving may be negative", "[unit][cron]") {
    const auto changes = changes_of("IST-1GMT0,M10.5.0,M3.5.0/1", 2050);
    REQUIRE(changes.size() == 2);
    CHECK(changes[0].at == utc("2050-03-27 01:00"));
    CHECK(changes[0].offset == 3600);
    CHECK(changes[1].at == utc("2050-10-30 01:00"));
    CHECK(changes[1].offset == 0);
}

TEST_CASE("times of a rule may be negative and beyond a day", "[unit][cron]") {
    CHECK(changes_of("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026)[0].at == utc("2026-03-29 01:00"));
    CHECK(changes_of("EET-2EEST,M3.4.4/50,M10.4.4/50", 2026)[0].at == utc("2026-03-28 00:00"));
    CHECK(changes_of("XXX3:30YYY2:15:30,M3.5.0/2:30:15,M10.5.0", 2026)[0].at ==
          utc("2026-03-29 06:00:15"));
}

TEST_CASE("days of the year count with or without 29 February", "[unit][cron]") {
    CHECK(changes_of("AAA0BBB,J60/0,J365/0", 2028)[0].at == utc("2028-03-01 00:00"));
    CHECK(changes_of("AAA0BBB,J60/0,J365/0", 2028)[1].at == utc("2028-12-30 23:00"));
    CHECK(changes_of("AAA0BBB,J59/0,J365/0", 2028)[0].at == utc("2028-02-28 00:00"));
    CHECK(changes_of("AAA0BBB,59/0,365/0", 2028)[0].at == utc("2028-02-29 00:00"));
}

TEST_CASE("a rule without daylight saving has no changes", "[unit][cron]") {
    CHECK(changes_of("<+0545>-5:45", 2050).empty());
    CHECK(cron::parse_posix_rule("<+0545>-5:45")->standard_offset == 5 * 3600 + 45 * 60);
}

TEST_CASE("incomplete and odd rules are refused", "[unit][cron]") {
    for (const char* text :
         {"", "EST", "5", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0",
          "EST5EDT,M3.0.0,M11.1.0", "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0", "<EST5",
          "EST5EDT,M3.2.0,M11.1.0x", "EST25", "EST5EDT,J0,J365", "EST5EDT,366,1",
          "EST5EDT,M3.2.0/168,M11.1.0", "EST5:60"}) {
        CAPTURE(text);
        CHECK_FALSE(cron::parse_posix_rule(text).has_value());
    }
}

} // namespace
} // namespace agentcron
