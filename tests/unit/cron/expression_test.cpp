#include "cron/expression.hpp"
#include "cron/field_text.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace agentcron {
namespace {

using namespace agentcron::test;
using Values = std::vector<int>;

const cron::CalendarPattern& sets(const std::string& pattern) {
    static cron::Expression parsed;
    parsed = expression(pattern);
    return parsed.calendar();
}
Values minutes(const std::string& field) {
    return cron::values_of(sets(field + " * * * *").minutes);
}
Values weekdays(const std::string& field) {
    return cron::values_of(std::uint64_t{sets("0 0 * * " + field).day.weekdays});
}
Values days(const std::string& field) {
    return cron::values_of(std::uint64_t{sets("0 0 " + field + " * *").day.days} << 1);
}
Values months(const std::string& field) {
    return cron::values_of(std::uint64_t{sets("0 0 1 " + field + " *").months});
}
Values years(const std::string& field) {
    return cron::values_of(sets("0 0 0 1 1 * " + field).years);
}

TEST_CASE("items of a field are values, ranges, steps and lists of them", "[unit][cron]") {
    CHECK(minutes("0") == Values{0});
    CHECK(minutes("05") == Values{5});
    CHECK(minutes("10-13") == Values{10, 11, 12, 13});
    CHECK(minutes("7-7") == Values{7});
    CHECK(minutes("*/20") == Values{0, 20, 40});
    CHECK(minutes("*/60") == Values{0});
    CHECK(minutes("5-59/15") == Values{5, 20, 35, 50});
    CHECK(minutes("0-10/30") == Values{0});
    CHECK(minutes("59,0,30,30") == Values{0, 30, 59});
    CHECK(minutes("1-3,2-5,*/30") == Values{0, 1, 2, 3, 4, 5, 30});
    CHECK(minutes("*").size() == 60);
    CHECK(minutes("1,*").size() == 60);
}

TEST_CASE("a step in a range counts from the low end", "[unit][cron]") {
    CHECK(minutes("7-30/10") == Values{7, 17, 27});
    CHECK(days("2-9/3") == Values{2, 5, 8});
    CHECK(days("*/10") == Values{1, 11, 21, 31});
    CHECK(months("*/5") == Values{1, 6, 11});
    CHECK(years("2020-2030/4") == Values{2020, 2024, 2028});
    CHECK(years("*/100") == Values{1970, 2070, 2170});
    CHECK(years("1970-2199/230") == Values{1970});
}

TEST_CASE("names stand for months and weekdays in any case", "[unit][cron]") {
    CHECK(months("JAN,feb,Dec") == Values{1, 2, 12});
    CHECK(months("mar-JUN") == Values{3, 4, 5, 6});
    CHECK(months("1-MAR") == Values{1, 2, 3});
    CHECK(weekdays("MON-fri") == Values{1, 2, 3, 4, 5});
    CHECK(weekdays("MON-5/2") == Values{1, 3, 5});
}

TEST_CASE("Sunday is 0 and 7, and as an upper bound always 7", "[unit][cron]") {
    CHECK(weekdays("0") == Values{0});
    CHECK(weekdays("7") == Values{0});
    CHECK(weekdays("FRI-SUN") == Values{0, 5, 6});
    CHECK(weekdays("5-7") == Values{0, 5, 6});
    CHECK(weekdays("SUN-TUE") == Values{0, 1, 2});
    CHECK(weekdays("0-7") == Values{0, 1, 2, 3, 4, 5, 6});
    CHECK(weekdays("1-7/2") == Values{0, 1, 3, 5});
    CHECK(weekdays("0-7/2") == Values{0, 2, 4, 6});
    CHECK(weekdays("*/2") == Values{0, 2, 4, 6});
    CHECK(weekdays("MON-SUN") == Values{0, 1, 2, 3, 4, 5, 6});
}

TEST_CASE("five fields run at second 0 of every year", "[unit][cron]") {
    CHECK(sets("* * * * *").seconds == 1);
    CHECK(sets("* * * * *").years == cron::YearSet::all());
    CHECK(sets("15 * * * * *").seconds == 1u << 15);
    CHECK(cron::values_of(sets("15 * * * * * 2026").years) == Values{2026});
}

TEST_CASE("blanks may be many, tabs, and at both ends", "[unit][cron]") {
    CHECK(expression("  0 \t 12   * * MON\t ") == expression("0 12 * * 1"));
    CHECK(expression("\t@daily ") == expression("0 0 * * *"));
}

TEST_CASE("only a first item that is exactly * leaves a day field free", "[unit][cron]") {
    struct Row {
        const char* field;
        bool free;
    };
    for (const Row& row : {Row{"*", true}, Row{"?", true}, Row{"*,1", true}, Row{"1,*", false},
                           Row{"*/1", false}, Row{"*/2", false}}) {
        CAPTURE(row.field);
        CHECK(sets("0 0 " + std::string(row.field) + " * MON").day.any_day_of_month == row.free);
        CHECK(sets("0 0 1 * " + std::string(row.field)).day.any_day_of_week == row.free);
    }
    CHECK_FALSE(sets("0 0 1-31 * MON").day.any_day_of_month);
    CHECK_FALSE(sets("0 0 1 * 0-6").day.any_day_of_week);
    CHECK(sets("0 0 1 * +MON").day.both);
    CHECK(expression("0 0 * * +MON") == expression("0 0 * * MON"));
    CHECK(expression("0 0 1 * +?") == expression("0 0 1 * *"));
}

TEST_CASE("wildcards, ranges and steps in the time fields make an interval", "[unit][cron]") {
    for (const char* interval :
         {"*/20 2 * * *", "0 */2 * * *", "30 1-5 * * *", "15 * * * *", "0-0 2 * * *",
          "* 30 2 * * *", "H/15 2 * * *",
          "5 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23 * * *"}) {
        CAPTURE(interval);
        CHECK(sets(interval).interval);
    }
    for (const char* fixed : {"30 2 * * *", "0 1,2 * * *", "0 0 */2 1-6 MON-FRI", "H H * * *",
                              "H(0-29) H(1-5) * * *", "5 30 2 * * *"}) {
        CAPTURE(fixed);
        CHECK_FALSE(sets(fixed).interval);
    }
    CHECK(sets("0 0-23 * * *").every_hour);
    CHECK_FALSE(sets("0 0-22 * * *").every_hour);
}

TEST_CASE("nicknames stand for their fields", "[unit][cron]") {
    CHECK(expression("@yearly") == expression("0 0 1 1 *"));
    CHECK(expression("@annually") == expression("0 0 1 1 *"));
    CHECK(expression("@monthly") == expression("0 0 1 * *"));
    CHECK(expression("@weekly") == expression("0 0 * * 0"));
    CHECK(expression("@daily") == expression("0 0 * * *"));
    CHECK(expression("@midnight") == expression("0 0 * * *"));
    CHECK(expression("@hourly") == expression("0 * * * *"));
    CHECK(expression("@reboot").is_reboot());
}

TEST_CASE("a period is the sum of its units", "[unit][cron]") {
    const auto period = [](const std::string& text) {
        return expression("@every " + text).period().count();
    };
    CHECK(period("90m") == 5400);
    CHECK(period("1h30m") == 5400);
    CHECK(period("1d") == 86400);
    CHECK(period("2w1d1h1m1s") == 2 * 604800 + 86400 + 3600 + 60 + 1);
    CHECK(period("0h5s") == 5);
    CHECK(expression("@every \t 5m").period().count() == 300);
}

TEST_CASE("every item of a list is checked, also after a wildcard", "[unit][cron]") {
    CHECK_FALSE(cron::parse("*,61 * * * *").has_value());
    CHECK_FALSE(cron::parse("*,*,61 * * * *").has_value());
    CHECK_FALSE(cron::parse("0 0 *,32 * *").has_value());
}

TEST_CASE("expressions are equal when they mean the same", "[unit][cron]") {
    CHECK(expression("0 0 * JAN-MAR *") == expression("00 0 ? 1,2,3 ?"));
    CHECK_FALSE(expression("0,1,2 3 * * *") == expression("0-2 3 * * *")); // clock changes differ
    CHECK_FALSE(expression("0 0 1 * MON") == expression("0 0 1 * +MON"));
    const std::chrono::sys_seconds later{std::chrono::seconds{60}};
    CHECK_FALSE(*cron::parse("@every 1h") == *cron::parse("@every 1h", {"", later}));
}

TEST_CASE("the canonical form is short and familiar", "[unit][cron]") {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"@hourly", "0 * * * *"},
        {"0-59/5 * * * *", "*/5 * * * *"},
        {"0 9,10,11,12 ? jan-dec mon,tue,wed,thu,fri", "0 9,10,11,12 * * 1-5"},
        {"0 9-12 * * 6,7", "0 9-12 * * 0,6"},
        {"0 0 0 * * *", "0 0 * * *"},
        {"0 0 0 1 1 * *", "0 0 1 1 *"},
        {"0 0 0 1 1 ? 2026", "0 0 0 1 1 * 2026"},
        {"0 0 */1 * *", "0 0 1-31 * *"},
        {"0 0 L,15,L-2 * *", "0 0 15,L,L-2 * *"},
        {"0 0 LW * +MON#1,FRIL", "0 0 LW * +1#1,5#L"},
        {"*/60 5 * * *", "0-0 5 * * *"},
        {"@every 90m", "@every 1h30m"},
        {"@every 14d", "@every 2w"},
        {"@every 10d", "@every 10d"},
        {"@reboot", "@reboot"}};
    for (const auto& [pattern, canonical] : rows)
        CHECK(expression(pattern).canonical() == canonical);
}

} // namespace
} // namespace agentcron
