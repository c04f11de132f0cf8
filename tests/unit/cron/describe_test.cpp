#include "cron/describe.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace agentcron {
namespace {

using namespace agentcron::test;

TEST_CASE("descriptions read as English", "[unit][cron]") {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"* * * * *", "Every minute"},
        {"*/5 * * * *", "Every 5 minutes"},
        {"0 * * * *", "Every hour"},
        {"15 * * * *", "At minute 15 of every hour"},
        {"30 2 * * 1-5", "At 02:30 on Monday to Friday"},
        {"0 5,17 * * SUN", "At 05:00 and 17:00 on Sunday"},
        {"0 9-17 * * *", "Every hour from 09:00 to 17:00"},
        {"0 */2 * * *", "Every 2 hours"},
        {"*/10 9-17 * * MON-FRI", "Every 10 minutes, from 09:00 to 17:59 on Monday to Friday"},
        {"*/15 3 * * *", "At 03:00, 03:15, 03:30 and 03:45 every day"},
        {"0 0 * * *", "At 00:00 every day"},
        {"0 0 1 1 *", "At 00:00 on day 1 of the month, in January"},
        {"0 0 1,15 * *", "At 00:00 on days 1 and 15 of the month"},
        {"0 0 L * *", "At 00:00 on the last day of the month"},
        {"0 0 LW * *", "At 00:00 on the last weekday (Monday to Friday) of the month"},
        {"0 0 15W 1-3 *", "At 00:00 on the weekday (Monday to Friday) nearest to day 15 of the "
                          "month, in January to March"},
        {"0 0 * * FRI#L", "At 00:00 on the last Friday of the month"},
        {"0 0 * * MON#1", "At 00:00 on the 1st Monday of the month"},
        {"0 0 13 * FRI", "At 00:00 on day 13 of the month or on Friday"},
        {"0 0 13 * +FRI", "At 00:00 on day 13 of the month, if that is also on Friday"},
        {"* * * * * *", "Every second"},
        {"*/10 * * * * *", "Every 10 seconds"},
        {"15 */2 * * *", "At minute 15 of every 2nd hour"},
        {"*/30 */15 * * * *", "Every 30 seconds of every 15th minute"},
        {"5 * * * * *", "At second 5 of every minute"},
        {"*/10 * 9-17 * * *", "Every 10 seconds of every minute, from 09:00 to 17:59"},
        {"0 0 L-3 * *", "At 00:00 on the 3rd day before the last day of the month"},
        {"0 22,23,0-4 * * *", "At minute 0, in the hours 0 to 4, 22 and 23 every day"},
        {"0 0 */10 * *", "At 00:00 every 10th day from day 1 to 31 of the month"},
        {"5 30 2 * * *", "At 02:30:05 every day"},
        {"0 0 0 1 1 * 2026,2030", "At 00:00 on day 1 of the month, in January, in 2026 and 2030"},
        {"@every 90m", "Every 1 hour 30 minutes"},
        {"@reboot", "Once when the scheduler starts"}};
    for (const auto& [pattern, text] : rows) CHECK(cron::describe(expression(pattern)) == text);
}

TEST_CASE("the meaning of the two day fields is told where one is restricted", "[unit][cron]") {
    const auto meaning = [](const std::string& p) {
        return cron::describe_day_fields(expression(p));
    };
    CHECK(meaning("0 0 * * *").empty());
    CHECK(meaning("@every 5m").empty());
    CHECK(meaning("0 0 13 * *") == "only the day of month counts: on day 13 of the month");
    CHECK(meaning("0 0 ? * FRI") == "only the day of week counts: on Friday");
    CHECK(meaning("0 0 13 * FRI") ==
          "a day matches if either field does: on day 13 of the month, or on Friday");
    CHECK(meaning("0 0 13 * +FRI") ==
          "a day must match both fields (+): on day 13 of the month, and on Friday");
}

} // namespace
} // namespace agentcron
