#include "cron/lint.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace agentcron {
namespace {

using namespace agentcron::test;
using Rule = cron::LintRule;

std::vector<Rule> rules(const std::string& pattern) {
    std::vector<Rule> found;
    for (const cron::Lint& lint : cron::lint(expression(pattern))) found.push_back(lint.rule);
    return found;
}
std::vector<std::string> clock_notes(const std::string& pattern, const std::string& name,
                                     const std::string& now) {
    std::vector<std::string> notes;
    for (const cron::Lint& lint : cron::lint(expression(pattern), zone(name), at(now)))
        if (lint.rule == Rule::clock_change) notes.push_back(lint.text);
    return notes;
}

TEST_CASE("ordinary schedules get no warning", "[unit][cron]") {
    for (const char* pattern :
         {"* * * * *", "*/5 * * * *", "30 2 * * 1-5", "0 */2 * * *", "0 0 1 * *", "0 0 L * *",
          "0 0 1-31 * *", "0 0 15W * *", "0 0 29 1,3 *", "0 0 13 * +FRI", "@daily", "@every 90m",
          "@reboot", "0 9-17/3 * * *", "0 0 0 1 1 * */2", "H H * * *", "0 0 31 1 *"}) {
        CAPTURE(pattern);
        CHECK(rules(pattern).empty());
    }
}

TEST_CASE("doubtful schedules are accepted, but told", "[unit][cron]") {
    CHECK(rules("0 0 13 * FRI") == std::vector<Rule>{Rule::either_day_field});
    CHECK(rules("0 0 */2 * FRI") ==
          std::vector<Rule>{Rule::either_day_field, Rule::stepped_day_field, Rule::uneven_step});
    CHECK(rules("0 0 31 * *") == std::vector<Rule>{Rule::day_not_every_month});
    CHECK(rules("0 0 29 2 *") == std::vector<Rule>{Rule::day_not_every_month});
    CHECK(rules("0 0 31W * *") == std::vector<Rule>{Rule::day_not_every_month});
    CHECK(rules("0 0 L-28 * *") == std::vector<Rule>{Rule::day_not_every_month});
    CHECK(rules("0 0 * * MON#5") == std::vector<Rule>{Rule::day_not_every_month});
    CHECK(rules("*/7 * * * *") == std::vector<Rule>{Rule::uneven_step});
    CHECK(rules("H/7 * * * *") == std::vector<Rule>{Rule::uneven_step});
    CHECK(rules("0 */5 * * *") == std::vector<Rule>{Rule::uneven_step});
    CHECK(rules("0 0 * */5 *") == std::vector<Rule>{Rule::uneven_step});
    CHECK(rules("0-10/30 * * * *") == std::vector<Rule>{Rule::step_beyond_range});
    CHECK(rules("*/10 * * * * *") == std::vector<Rule>{Rule::finer_than_a_minute});
    CHECK(rules("@every 30s") == std::vector<Rule>{Rule::finer_than_a_minute});
    CHECK(rules("@every 1d") == std::vector<Rule>{Rule::fixed_days});
}

TEST_CASE("readings that clock changes touch within a year are told", "[unit][cron]") {
    using Notes = std::vector<std::string>;
    const std::string berlin = "Europe/Berlin";
    CHECK(clock_notes("30 2 * * *", berlin, "2026-01-01") ==
          Notes{"Europe/Berlin: on 2026-03-29 02:30 does not exist: runs at 03:00",
                "Europe/Berlin: on 2026-10-25 02:30 comes twice: runs the first time only"});
    CHECK(clock_notes("*/20 2 * * *", berlin, "2026-01-01") ==
          Notes{"Europe/Berlin: on 2026-03-29 02:00, 02:20 and 02:40 do not exist: runs once, at "
                "03:00",
                "Europe/Berlin: on 2026-10-25 02:00, 02:20 and 02:40 come twice: runs both times"});
    CHECK(clock_notes("0 2,3 * * *", berlin, "2026-01-01").front() ==
          "Europe/Berlin: on 2026-03-29 02:00 does not exist: covered by the run at 03:00");
    CHECK(clock_notes("30 2 * * 1-5", berlin, "2026-01-01").empty()); // changes come on Sundays
    CHECK(clock_notes("30 4 * * *", berlin, "2026-01-01").empty());
    CHECK(clock_notes("15 * * * *", berlin, "2026-01-01").empty());
    CHECK(clock_notes("30 2 * * *", "Asia/Tokyo", "2026-01-01").empty());
    CHECK(clock_notes("30 23 * * 6", "America/Nuuk", "2024-01-01").front() ==
          "America/Nuuk: on 2024-03-30 23:30 does not exist: runs at 00:00 on 2024-03-31");
    CHECK(clock_notes("0 12 * * *", "Pacific/Apia", "2011-11-01") ==
          Notes{"Pacific/Apia: on 2011-12-30 12:00 does not exist: not made up, the change is "
                "larger than 3 hours"});
}

} // namespace
} // namespace agentcron
