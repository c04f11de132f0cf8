// What changes of the clock do to schedules, zone by zone; from offsets only.
#include "support.hpp"
#include "support/catch.hpp"

namespace agentcron {
namespace {

using namespace agentcron::test;
using Texts = std::vector<std::string>;

const std::string new_york = "America/New_York";
const std::string spring = "2026-03-08 05:00"; // midnight in New York; 02:00-03:00 is lost
const std::string autumn = "2026-11-01 04:00"; // midnight in New York; 01:00-02:00 comes twice

TEST_CASE("a fixed time in a gap runs once, at the instant of the jump", "[unit][cron]") {
    CHECK(fires("30 2 * * *", new_york, spring, 2) ==
          Texts{"2026-03-08 03:00 -0400", "2026-03-09 02:30 -0400"});
    CHECK(fires("0,15,30 2 * * *", new_york, spring, 2) ==
          Texts{"2026-03-08 03:00 -0400", "2026-03-09 02:00 -0400"});
    CHECK(fires("30 2,3 * * *", new_york, spring, 3) ==
          Texts{"2026-03-08 03:00 -0400", "2026-03-08 03:30 -0400", "2026-03-09 02:30 -0400"});
}

TEST_CASE("the run of a gap merges with a regular one at the same instant", "[unit][cron]") {
    CHECK(fires("0 2,3 * * *", new_york, spring, 2) ==
          Texts{"2026-03-08 03:00 -0400", "2026-03-09 02:00 -0400"});
}

TEST_CASE("an interval that is not every hour makes up for a gap once", "[unit][cron]") {
    CHECK(fires("*/20 2 * * *", new_york, spring, 2) ==
          Texts{"2026-03-08 03:00 -0400", "2026-03-09 02:00 -0400"});
    CHECK(fires("0 */2 * * *", new_york, "2026-03-08 05:30", 3) ==
          Texts{"2026-03-08 03:00 -0400", "2026-03-08 04:00 -0400", "2026-03-08 06:00 -0400"});
    CHECK(fires("30 1-5 * * *", new_york, spring, 3) ==
          Texts{"2026-03-08 01:30 -0500", "2026-03-08 03:00 -0400", "2026-03-08 03:30 -0400"});
}

TEST_CASE("a schedule of every hour keeps its rhythm through a gap", "[unit][cron]") {
    CHECK(fires("15 * * * *", new_york, spring, 4) ==
          Texts{"2026-03-08 00:15 -0500", "2026-03-08 01:15 -0500", "2026-03-08 03:15 -0400",
                "2026-03-08 04:15 -0400"});
    CHECK(fires("*/30 * * * *", new_york, "2026-03-08 06:30", 2) ==
          Texts{"2026-03-08 03:00 -0400", "2026-03-08 03:30 -0400"});
    CHECK(fires("15 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23 * * *", new_york,
                "2026-03-08 06:15", 1) == Texts{"2026-03-08 03:15 -0400"});
}

TEST_CASE("a fixed time in an overlap runs on the first pass only", "[unit][cron]") {
    CHECK(fires("30 1 * * *", new_york, autumn, 2) ==
          Texts{"2026-11-01 01:30 -0400", "2026-11-02 01:30 -0500"});
    CHECK(fires("0 1,2 * * *", new_york, autumn, 3) ==
          Texts{"2026-11-01 01:00 -0400", "2026-11-01 02:00 -0500", "2026-11-02 01:00 -0500"});
    // From within the second pass the first one is not made up.
    CHECK(fires("30 1 * * *", new_york, "2026-11-01 06:10", 1) == Texts{"2026-11-02 01:30 -0500"});
}

TEST_CASE("intervals run on both passes of an overlap", "[unit][cron]") {
    CHECK(fires("15 * * * *", new_york, autumn, 4) ==
          Texts{"2026-11-01 00:15 -0400", "2026-11-01 01:15 -0400", "2026-11-01 01:15 -0500",
                "2026-11-01 02:15 -0500"});
    CHECK(fires("30 1-5 * * *", new_york, autumn, 3) ==
          Texts{"2026-11-01 01:30 -0400", "2026-11-01 01:30 -0500", "2026-11-01 02:30 -0500"});
    CHECK(fires("*/30 1 * * *", new_york, "2026-11-01 05:45", 3) ==
          Texts{"2026-11-01 01:00 -0500", "2026-11-01 01:30 -0500", "2026-11-02 01:00 -0500"});
}

TEST_CASE("a daily run at a midnight that does not exist comes at the date's start",
          "[unit][cron]") {
    CHECK(fires("0 0 * * *", "America/Sao_Paulo", "2018-11-03 12:00", 2) ==
          Texts{"2018-11-04 01:00 -0200", "2018-11-05 00:00 -0200"});
    CHECK(fires("@daily", "Africa/Cairo", "2024-04-25 12:00", 1) ==
          Texts{"2024-04-26 01:00 +0300"});
    CHECK(fires("@daily", "Asia/Beirut", "2026-03-28 12:00", 1) == Texts{"2026-03-29 01:00 +0300"});
    CHECK(fires("@daily", "America/Havana", "2026-03-07 12:00", 1) ==
          Texts{"2026-03-08 01:00 -0400"});
}

TEST_CASE("a gap that ends at midnight moves its run to the next date", "[unit][cron]") {
    CHECK(fires("30 23 * * 6", "America/Nuuk", "2024-03-30 12:00", 2) ==
          Texts{"2024-03-31 00:00 -0100", "2024-04-06 23:30 -0100"});
    CHECK(fires("30 23 * * 0", "America/Nuuk", "2024-03-30 12:00", 1) ==
          Texts{"2024-03-31 23:30 -0100"});
}

TEST_CASE("changes need not be whole hours", "[unit][cron]") {
    CHECK(fires("15 2 * * *", "Australia/Lord_Howe", "2026-10-03 12:00", 2) ==
          Texts{"2026-10-04 02:30 +1100", "2026-10-05 02:15 +1100"});
    CHECK(fires("45 1 * * *", "Australia/Lord_Howe", "2026-04-04 12:00", 2) ==
          Texts{"2026-04-05 01:45 +1100", "2026-04-06 01:45 +1030"});
    CHECK(fires("45 * * * *", "Australia/Lord_Howe", "2026-04-04 14:30", 3) ==
          Texts{"2026-04-05 01:45 +1100", "2026-04-05 01:45 +1030", "2026-04-05 02:45 +1030"});
    CHECK(fires("5 0 * * *", "Asia/Kathmandu", "1985-12-31 12:00", 1) ==
          Texts{"1986-01-01 00:15 +0545"});
    // Offset -00:44:30 until midnight of 7 January 1972.
    CHECK(fires("30 0 * * *", "Africa/Monrovia", "1972-01-06 12:00", 2) ==
          Texts{"1972-01-07 00:44:30 +0000", "1972-01-08 00:30 +0000"});
    CHECK(fires("30 2 * * *", "Antarctica/Troll", "2026-03-28 12:00", 1) ==
          Texts{"2026-03-29 03:00 +0200"});
}

TEST_CASE("a change of three hours still counts as daylight saving", "[unit][cron]") {
    // 2020-10-04 00:01 to 03:01.
    CHECK(fires("30 1 * * *", "Antarctica/Casey", "2020-10-03 10:00", 2) ==
          Texts{"2020-10-04 03:01 +1100", "2020-10-05 01:30 +1100"});
    // 2010-03-05 02:00 back to 2010-03-04 23:00.
    CHECK(fires("30 1 * * *", "Antarctica/Casey", "2010-03-04 12:00", 2) ==
          Texts{"2010-03-05 01:30 +1100", "2010-03-06 01:30 +0800"});
}

TEST_CASE("a larger change loses and repeats readings as they come", "[unit][cron]") {
    CHECK(fires("0 0 30 12 *", "Pacific/Apia", "2011-12-01 00:00", 1) ==
          Texts{"2012-12-30 00:00 +1400"});
    CHECK(fires("0 12 * * *", "Pacific/Apia", "2011-12-29 00:00", 2) ==
          Texts{"2011-12-29 12:00 -1000", "2011-12-31 12:00 +1400"});
    CHECK(fires("0 * * * *", "Pacific/Apia", "2011-12-30 08:30", 3) ==
          Texts{"2011-12-29 23:00 -1000", "2011-12-31 00:00 +1400", "2011-12-31 01:00 +1400"});
    // Vostok, 1 February 1994: seven hours back, so the fixed time comes twice.
    CHECK(fires("30 20 31 1 *", "Antarctica/Vostok", "1994-01-31 00:00", 2) ==
          Texts{"1994-01-31 20:30 +0700", "1994-01-31 20:30 +0000"});
}

TEST_CASE("an overlap across midnight keeps the order of instants", "[unit][cron]") {
    // St. John's: 2010-11-07 00:01 back to 2010-11-06 23:01.
    CHECK(fires("0,30 * * * *", "America/St_Johns", "2010-11-07 01:45", 6) ==
          Texts{"2010-11-06 23:30 -0230", "2010-11-07 00:00 -0230", "2010-11-06 23:30 -0330",
                "2010-11-07 00:00 -0330", "2010-11-07 00:30 -0330", "2010-11-07 01:00 -0330"});
    CHECK(fires("0 0 * * *", "America/St_Johns", "2010-11-06 12:00", 2) ==
          Texts{"2010-11-07 00:00 -0230", "2010-11-08 00:00 -0330"});
}

TEST_CASE("negative daylight saving is only an offset", "[unit][cron]") {
    CHECK(fires("30 1 * * *", "Europe/Dublin", "2026-03-28 12:00", 2) ==
          Texts{"2026-03-29 02:00 +0100", "2026-03-30 01:30 +0100"});
    CHECK(fires("30 1 * * *", "Europe/Dublin", "2103-10-27 12:00", 2) ==
          Texts{"2103-10-28 01:30 +0100", "2103-10-29 01:30 +0000"});
}

TEST_CASE("previous goes through changes the same way", "[unit][cron]") {
    const auto last = [](const std::string& pattern, const std::string& name,
                         const std::string& before) {
        const auto time = cron::previous(expression(pattern), zone(name), at(before));
        return time ? local_text(zone(name), *time) : "none";
    };
    CHECK(last("30 2 * * *", new_york, "2026-03-08 12:00") == "2026-03-08 03:00 -0400");
    CHECK(last("30 2 * * *", new_york, "2026-03-08 07:00") == "2026-03-07 02:30 -0500");
    CHECK(last("30 1 * * *", new_york, "2026-11-01 12:00") == "2026-11-01 01:30 -0400");
    CHECK(last("30 1 * * *", new_york, "2026-11-01 05:30") == "2026-10-31 01:30 -0400");
    CHECK(last("*/30 1 * * *", new_york, "2026-11-01 06:15") == "2026-11-01 01:00 -0500");
    CHECK(last("*/30 1 * * *", new_york, "2026-11-01 06:00") == "2026-11-01 01:30 -0400");
    CHECK(last("0 0 30 12 *", "Pacific/Apia", "2012-06-01") == "2010-12-30 00:00 -1000");
    CHECK(last("15 * * * *", new_york, "2026-03-08 07:10") == "2026-03-08 01:15 -0500");
}

} // namespace
} // namespace agentcron
