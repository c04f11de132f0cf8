#include "cron/expression.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

namespace agentcron {
namespace {

using cron::Field;

struct Refusal {
    std::string pattern;
    Field field;
    std::size_t column;
    std::string text;
    std::string rewrite;
};

void check(const std::vector<Refusal>& refusals) {
    for (const Refusal& expected : refusals) {
        CAPTURE(expected.pattern);
        const auto parsed = cron::parse(expected.pattern);
        REQUIRE_FALSE(parsed.has_value());
        const cron::ParseError& error = parsed.error();
        CAPTURE(error.message());
        CHECK(cron::field_name(error.field) == cron::field_name(expected.field));
        CHECK(error.column == expected.column);
        CHECK(error.text == expected.text);
        CHECK(error.rewrite == expected.rewrite);
        CHECK_FALSE(error.problem.empty());
        if (!error.corrected.empty()) CHECK(cron::parse(error.corrected).has_value());
    }
}

TEST_CASE("steps without a range, or larger than the field, are refused", "[unit][cron]") {
    check({{"0/15 * * * *", Field::minute, 1, "0/15", "0-59/15"},
           {"5/10 * * * *", Field::minute, 1, "5/10", "5-59/10"},
           {"/5 * * * *", Field::minute, 1, "/5", "*/5"},
           {"1,0/15 * * * *", Field::minute, 3, "0/15", "0-59/15"},
           {"0 2/3 * * *", Field::hour, 3, "2/3", "2-23/3"},
           {"0 0 /30 * *", Field::day_of_month, 5, "/30", "*/30"},
           {"0 0 * * MON/2", Field::day_of_week, 9, "MON/2", "MON-6/2"},
           {"*/90 * * * *", Field::minute, 1, "*/90", "@every 90m"},
           {"0 */36 * * *", Field::hour, 3, "*/36", "@every 36h"},
           {"*/90 * * * * *", Field::second, 1, "*/90", "@every 90s"},
           {"0 0 1 */13 *", Field::month, 7, "*/13", ""},
           {"*/0 * * * *", Field::minute, 1, "*/0", "*"},
           {"*/ * * * *", Field::minute, 1, "*/", "*"},
           {"*/-5 * * * *", Field::minute, 1, "*/-5", "*"}});
}

TEST_CASE("ranges that run backwards are refused with both halves", "[unit][cron]") {
    check({{"0 22-4 * * *", Field::hour, 3, "22-4", "22-23,0-4"},
           {"0 23-0 * * *", Field::hour, 3, "23-0", "23,0"},
           {"0 0 * * FRI-MON", Field::day_of_week, 9, "FRI-MON", "FRI-SUN,MON"},
           {"0 0 * * SAT-TUE", Field::day_of_week, 9, "SAT-TUE", "SAT-SUN,MON-TUE"},
           {"0 0 * * 5-0", Field::day_of_week, 9, "5-0", "5-7"},
           {"0 0 * * 5-1", Field::day_of_week, 9, "5-1", "5-7,1"},
           {"0 0 10-5 * *", Field::day_of_month, 5, "10-5", "10-31,1-5"},
           {"0 0 1 NOV-FEB *", Field::month, 7, "NOV-FEB", "NOV-DEC,JAN-FEB"},
           {"0 22-4/2 * * *", Field::hour, 3, "22-4/2", "22,0,2,4"},
           {"0 0 0 1 1 * 2030-2020", Field::year, 13, "2030-2020", "2020-2030"}});
}

TEST_CASE("values out of range, too long or not values at all are refused", "[unit][cron]") {
    check({{"60 * * * *", Field::minute, 1, "60", "0"},
           {"0 24 * * *", Field::hour, 3, "24", "0"},
           {"0 0-24 * * *", Field::hour, 3, "0-24", "0-23"},
           {"0 0 0 * *", Field::day_of_month, 5, "0", ""},
           {"0 0 32 * *", Field::day_of_month, 5, "32", ""},
           {"0 0 1 0 *", Field::month, 7, "0", ""},
           {"0 0 1 13 *", Field::month, 7, "13", ""},
           {"0 0 * * 8", Field::day_of_week, 9, "8", ""},
           {"005 * * * *", Field::minute, 1, "005", "5"},
           {"0 0 0 1 1 * 26", Field::year, 13, "26", "2026"},
           {"0 0 0 1 1 * 1969", Field::year, 13, "1969", ""},
           {"0 0 0 1 1 * 2200", Field::year, 13, "2200", ""},
           {"60 0 0 1 1 *", Field::second, 1, "60", "0"},
           {"x * * * *", Field::minute, 1, "x", ""},
           {"-5 * * * *", Field::minute, 1, "-5", ""},
           {"1.5 * * * *", Field::minute, 1, "1.5", ""},
           {"0 0 * FOO *", Field::month, 7, "FOO", ""},
           {"0 0 * * JAN", Field::day_of_week, 9, "JAN", ""},
           {"0 0 * * MONDAY", Field::day_of_week, 9, "MONDAY", "MON"},
           {"0 0 * * monday-friday", Field::day_of_week, 9, "monday-friday", "mon-fri"},
           {"0 0 * january *", Field::month, 7, "january", "jan"}});
}

TEST_CASE("lists must have no empty item and wildcards nothing behind them", "[unit][cron]") {
    check({{"1,,2 * * * *", Field::minute, 1, "1,,2", "1,2"},
           {"1,2, * * * *", Field::minute, 1, "1,2,", "1,2"},
           {",1 * * * *", Field::minute, 1, ",1", "1"},
           {", * * * *", Field::minute, 1, ",", ""},
           {"** * * * *", Field::minute, 1, "**", "*"},
           {"*-5 * * * *", Field::minute, 1, "*-5", ""},
           {"1- * * * *", Field::minute, 1, "1-", ""},
           {"1-2-3 * * * *", Field::minute, 1, "1-2-3", ""}});
}

TEST_CASE("L, W, # and ? are refused where they have no meaning", "[unit][cron]") {
    check({{"0 0 * * L", Field::day_of_week, 9, "L", "SAT#L"},
           {"0 L * * *", Field::hour, 3, "L", ""},
           {"0 0 l * *", Field::day_of_month, 5, "l", "L"},
           {"0 0 lw * *", Field::day_of_month, 5, "lw", "LW"},
           {"0 0 Lw * *", Field::day_of_month, 5, "Lw", "LW"},
           {"0 0 15w * *", Field::day_of_month, 5, "15w", "15W"},
           {"0 0 * * 5l", Field::day_of_week, 9, "5l", "5L"},
           {"0 0 * * fril", Field::day_of_week, 9, "fril", "FRIL"},
           {"0 0 * * fri#l", Field::day_of_week, 9, "fri#l", "FRI#L"},
           {"h 0 * * *", Field::minute, 1, "h", "H"},
           {"0 0 L-0 * *", Field::day_of_month, 5, "L-0", "L"},
           {"0 0 L-31 * *", Field::day_of_month, 5, "L-31", ""},
           {"0 0 1-15W * *", Field::day_of_month, 5, "1-15W", ""},
           {"0 0 1,15W * *", Field::day_of_month, 7, "15W", ""},
           {"0 0 15W,1 * *", Field::day_of_month, 5, "15W", ""},
           {"0 0 HW * *", Field::day_of_month, 5, "HW", ""},
           {"0 0 * * H#2", Field::day_of_week, 9, "H#2", ""},
           {"0 0 32W * *", Field::day_of_month, 5, "32W", ""},
           {"0 0 W * *", Field::day_of_month, 5, "W", ""},
           {"0 0 5#2 * *", Field::day_of_month, 5, "5#2", ""},
           {"0 0 * * 5#6", Field::day_of_week, 9, "5#6", "5#L"},
           {"0 0 * * 5#0", Field::day_of_week, 9, "5#0", ""},
           {"0 0 * * 1-5#2", Field::day_of_week, 9, "1-5#2", "1#2,2#2,3#2,4#2,5#2"},
           {"0 0 * * 1-3L", Field::day_of_week, 9, "1-3L", "1L,2L,3L"},
           {"? 0 * * *", Field::minute, 1, "?", "*"},
           {"0 0 ?/2 * *", Field::day_of_month, 5, "?/2", "*/2"},
           {"0 0 ?,1 * *", Field::day_of_month, 5, "?", "*"},
           {"0 0 * * MON,?", Field::day_of_week, 13, "?", "*"},
           {"0 0 +1 * *", Field::day_of_month, 5, "+1", "1"},
           {"0 0 * * MON,+TUE", Field::day_of_week, 13, "+TUE", "TUE"},
           {"0 0 * * +", Field::day_of_week, 9, "+", ""}});
}

TEST_CASE("random values become H", "[unit][cron]") {
    check({{"~ * * * *", Field::minute, 1, "~", "H"},
           {"0~30 * * * *", Field::minute, 1, "0~30", "H(0-30)"},
           {"10~ * * * *", Field::minute, 1, "10~", "H(10-59)"},
           {"0 ~5 * * *", Field::hour, 3, "~5", "H(0-5)"},
           {"H(5) * * * *", Field::minute, 1, "H(5)", ""},
           {"H(30-0) * * * *", Field::minute, 1, "H(30-0)", ""},
           {"0 0 0 1 1 * H", Field::year, 13, "H", ""}});
}

TEST_CASE("the pattern as a whole must have the right fields and letters", "[unit][cron]") {
    check({{"", Field::pattern, 1, "", ""},
           {"   ", Field::pattern, 4, "", ""},
           {"* * * *", Field::pattern, 1, "* * * *", ""},
           {"0 0 0 1 1 * 2026 x", Field::pattern, 1, "0 0 0 1 1 * 2026 x", ""},
           {"0 0 * * *\n", Field::pattern, 10, "\\x0a", ""},
           {"0\xc2\xa0"
            "0 * * *",
            Field::pattern, 2, "\\xc2", ""},
           {"TZ=UTC 0 0 * * *", Field::pattern, 1, "TZ=UTC", ""},
           {" CRON_TZ=Asia/Tokyo 0 0 * * *", Field::pattern, 2, "CRON_TZ=Asia/Tokyo", ""}});
    CHECK(cron::parse("CRON_TZ=Asia/Tokyo 0 0 * * *").error().corrected == "0 0 * * *");
    CHECK_FALSE(cron::parse(std::string(cron::pattern_bytes_max + 1, '*')).has_value());
}

TEST_CASE("nicknames and periods outside the dialect get the nearest rewrite", "[unit][cron]") {
    check({{"@Daily", Field::pattern, 1, "@Daily", "@daily"},
           {"@daily 0 0 * * *", Field::pattern, 1, "@daily 0 0 * * *", "@daily"},
           {"@minutely", Field::pattern, 1, "@minutely", "* * * * *"},
           {"@every_minute", Field::pattern, 1, "@every_minute", "* * * * *"},
           {"@weekdays", Field::pattern, 1, "@weekdays", "0 0 * * 1-5"},
           {"@every_5m", Field::pattern, 1, "@every_5m", "@every 5m"},
           {"@fortnightly", Field::pattern, 1, "@fortnightly", ""},
           {"@", Field::pattern, 1, "@", ""},
           {"@every", Field::pattern, 1, "@every", ""},
           {"@Every 5m", Field::pattern, 1, "@Every 5m", "@every 5m"},
           {"@every 30m1h", Field::pattern, 8, "30m1h", "1h30m"},
           {"@every 1h1h", Field::pattern, 8, "1h1h", "2h"},
           {"@every 1h 30m", Field::pattern, 8, "1h 30m", "1h30m"},
           {"@every 1.5h", Field::pattern, 8, "1.5h", "1h30m"},
           {"@every 5 minutes", Field::pattern, 8, "5 minutes", "5m"},
           {"@every 90", Field::pattern, 8, "90", ""},
           {"@every 0s", Field::pattern, 8, "0s", ""},
           {"@every 500ms", Field::pattern, 8, "500ms", ""},
           {"@every -5m", Field::pattern, 8, "-5m", ""},
           {"@every 999999999999d", Field::pattern, 8, "999999999999d", ""}});
}

TEST_CASE("all repairable mistakes of a pattern are repaired together", "[unit][cron]") {
    CHECK(cron::parse("0/15 22-4 * * FRIDAY").error().corrected == "0-59/15 22-23,0-4 * * FRI");
    CHECK(cron::parse("0/15 99 * * *").error().rewrite == "0-59/15");
    CHECK(cron::parse("0/15 99 * * *").error().corrected.empty());
}

TEST_CASE("the message names place, text, problem and rewrite", "[unit][cron]") {
    const std::string message = cron::parse("0 22-4 * * *").error().message();
    CHECK(message == "hour, column 3: \"22-4\": the range runs backwards; write \"22-23,0-4\", "
                     "whole: \"0 22-23,0-4 * * *\"");
}

} // namespace
} // namespace agentcron
