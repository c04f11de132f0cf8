// Defects seen in other schedulers, each with the case that shows it.
#include "support.hpp"
#include "support/catch.hpp"

namespace agentcron {
namespace {

using namespace agentcron::test;
using Texts = std::vector<std::string>;

TEST_CASE("a weekday or date condition passes a skipped day without an endless loop",
          "[unit][cron]") {
    CHECK(fires("0 0 * * FRI", "Pacific/Apia", "2011-12-24", 2) ==
          Texts{"2012-01-06 00:00 +1400", "2012-01-13 00:00 +1400"});
    CHECK(fires("0 0 21 8 *", "Pacific/Kwajalein", "1993-08-01", 2) ==
          Texts{"1994-08-21 00:00 +1200", "1995-08-21 00:00 +1200"});
    CHECK(fires("0 12 31 12 *", "Pacific/Kiritimati", "1994-12-01", 1) ==
          Texts{"1995-12-31 12:00 +1400"});
}

TEST_CASE("an interval in an overlap moves on", "[unit][cron]") {
    CHECK(fires("*/30 * * * *", "America/New_York", "2026-11-01 05:00", 5) ==
          Texts{"2026-11-01 01:30 -0400", "2026-11-01 01:00 -0500", "2026-11-01 01:30 -0500",
                "2026-11-01 02:00 -0500", "2026-11-01 02:30 -0500"});
    CHECK(fires("1 0 * * *", "America/St_Johns", "2010-11-06 12:00", 3) ==
          Texts{"2010-11-07 00:01 -0330", "2010-11-08 00:01 -0330", "2010-11-09 00:01 -0330"});
}

TEST_CASE("the half hour of Lord Howe loses no run", "[unit][cron]") {
    CHECK(fires("*/15 2 * * *", "Australia/Lord_Howe", "2026-10-03 14:00", 3) ==
          Texts{"2026-10-04 02:30 +1100", "2026-10-04 02:45 +1100", "2026-10-05 02:00 +1100"});
    CHECK(fires("40 1 * * *", "Australia/Lord_Howe", "2026-04-04 12:00", 1) ==
          Texts{"2026-04-05 01:40 +1100"});
}

TEST_CASE("repeated and overlapping list items are plain unions", "[unit][cron]") {
    CHECK(expression("5,5,0-10 * * * *") == expression("0-10 * * * *"));
    CHECK(fires("0 0 * * 7#1,0#3", "UTC", "2026-03-01", 2) ==
          Texts{"2026-03-15 00:00 +0000", "2026-04-05 00:00 +0000"});
}

TEST_CASE("a range of one value is one value", "[unit][cron]") {
    CHECK(fires("0 23-23 * * *", "UTC", "2026-03-01", 2) ==
          Texts{"2026-03-01 23:00 +0000", "2026-03-02 23:00 +0000"});
}

TEST_CASE("the run of a gap has no seconds of the lost reading", "[unit][cron]") {
    CHECK(fires("17 30 2 * * *", "America/New_York", "2026-03-08 05:00", 1) ==
          Texts{"2026-03-08 03:00 -0400"});
}

TEST_CASE("days after a change are not shifted", "[unit][cron]") {
    CHECK(fires("0 6 * * *", "Europe/Berlin", "2026-03-28 12:00", 2) ==
          Texts{"2026-03-29 06:00 +0200", "2026-03-30 06:00 +0200"});
    CHECK(fires("0 0 * * *", "America/Sao_Paulo", "2018-11-04 12:00", 1) ==
          Texts{"2018-11-05 00:00 -0200"});
}

TEST_CASE("31W does not come in short months", "[unit][cron]") {
    CHECK(fires("0 0 31W * *", "UTC", "2026-02-01", 2) ==
          Texts{"2026-03-31 00:00 +0000", "2026-05-29 00:00 +0000"});
}

TEST_CASE("hourly schedules keep the repeated hour", "[unit][cron]") {
    CHECK(fires("@hourly", "Europe/Berlin", "2026-10-24 23:30", 4) ==
          Texts{"2026-10-25 02:00 +0200", "2026-10-25 02:00 +0100", "2026-10-25 03:00 +0100",
                "2026-10-25 04:00 +0100"});
}

TEST_CASE("a leap day is found across the gap of 2100", "[unit][cron]") {
    CHECK(fires("0 0 29 2 *", "UTC", "2096-03-01", 1) == Texts{"2104-02-29 00:00 +0000"});
}

TEST_CASE("a week is not skipped after a midnight gap", "[unit][cron]") {
    CHECK(fires("0 0 * * SUN", "Asia/Beirut", "2026-03-27", 2) ==
          Texts{"2026-03-29 01:00 +0300", "2026-04-05 00:00 +0300"});
}

} // namespace
} // namespace agentcron
