#include "base/text.hpp"

#include "support/catch.hpp"

#include <array>

using namespace agentcron::base;
using namespace std::string_view_literals;

namespace {

constexpr std::array<std::string_view, 5> keys{"cron", "timezone", "timeout", "agent", "retry"};

std::string duration_error(std::string_view text) {
    const auto parsed = parse_duration(text);
    REQUIRE_FALSE(parsed.has_value());
    return parsed.error();
}

} // namespace

TEST_CASE("the edit distance counts swaps of neighbours as one", "[unit][base]") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("abc", "") == 3);
    CHECK(edit_distance("agent", "agnet") == 1);
    CHECK(edit_distance("agent", "AGENT") == 0);
    CHECK(edit_distance("timeout", "time_out") == 1);
    CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("a misspelt name finds the one that was meant", "[unit][base]") {
    CHECK(nearest_name("agnet", keys) == "agent");
    CHECK(nearest_name("Cron", keys) == "cron");
    CHECK(nearest_name("time_out", keys) == "timeout");
    CHECK(nearest_name("timezon", keys) == "timezone");
    CHECK(did_you_mean("retyr", keys) == "; did you mean 'retry'?");
}

TEST_CASE("a name near nothing gives no suggestion", "[unit][base]") {
    CHECK(nearest_name("workspace", keys).empty());
    CHECK(nearest_name("", keys).empty());
    CHECK(did_you_mean("x", keys).empty());
    CHECK(nearest_name(std::string(10'000, 'a'), keys).empty());
    CHECK(nearest_name("a", std::array{"b"sv}).empty());
}

TEST_CASE("well-formed UTF-8 is told from other bytes", "[unit][base]") {
    for (const auto good : {""sv, "plain"sv, "\0"sv, "caf\xC3\xA9"sv, "\xE2\x82\xAC"sv,
                            "\xED\x9F\xBF"sv, "\xF0\x9F\x98\x80"sv, "\xF4\x8F\xBF\xBF"sv}) {
        CHECK(is_utf8(good));
    }
    for (const auto bad : {"\x80"sv, "\xC3"sv, "\xC0\xAF"sv, "\xE0\x9F\xBF"sv, "\xED\xA0\x80"sv,
                           "\xF0\x8F\xBF\xBF"sv, "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv,
                           "\xE2\x82"sv, "\xE2\x28\xA1"sv, "\xFF"sv}) {
        CHECK_FALSE(is_utf8(bad));
    }
}

TEST_CASE("a prefix never cuts a character in two", "[unit][base]") {
    const auto text = "a\xE2\x82\xAC"
                      "b"sv;
    CHECK(utf8_prefix(text, 0).empty());
    CHECK(utf8_prefix(text, 1) == "a");
    CHECK(utf8_prefix(text, 2) == "a");
    CHECK(utf8_prefix(text, 3) == "a");
    CHECK(utf8_prefix(text, 4) == text.substr(0, 4));
    CHECK(utf8_prefix(text, 9) == text);
    CHECK(utf8_prefix("\x80\x80\x80\x80\x80\x80"sv, 5).size() == 5);
}

TEST_CASE("text is trimmed and split without surprises", "[unit][base]") {
    CHECK(trim(" \t a b\r\n") == "a b");
    CHECK(trim(" \n").empty());
    CHECK(split("a,b,,c", ',') == std::vector{"a"sv, "b"sv, ""sv, "c"sv});
    CHECK(split("", ',') == std::vector{""sv});
    CHECK(split("a,", ',') == std::vector{"a"sv, ""sv});
}

TEST_CASE("one line is what fits a table cell", "[unit][base]") {
    CHECK(one_line("\n\n  first \r\nsecond", 80) == "first");
    CHECK(one_line("a\x1B[31mb\0c"sv, 80) == "a [31mb c");
    CHECK(one_line("0123456789", 10) == "0123456789");
    CHECK(one_line("0123456789x", 10) == "0123456...");
    CHECK(one_line("\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC", 8) == "\xE2\x82\xAC...");
    CHECK(one_line("", 10).empty());
}

TEST_CASE("durations are numbers with units", "[unit][base]") {
    CHECK(*parse_duration("45m") == Seconds{2'700});
    CHECK(*parse_duration("1h30m") == Seconds{5'400});
    CHECK(*parse_duration("90s") == Seconds{90});
    CHECK(*parse_duration("2d") == Seconds{172'800});
    CHECK(*parse_duration("0s") == Seconds{0});
    CHECK(*parse_duration("1d1h1m1s") == Seconds{90'061});
    CHECK(*parse_duration("36500d") == duration_max);
}

TEST_CASE("a wrong duration says what to write", "[unit][base]") {
    CHECK(duration_error("45") ==
          "'45' is not a duration: 45 has no unit; write 45s, 45m, 45h or 45d");
    CHECK_THAT(duration_error("1h30"), Catch::Contains("30 has no unit"));
    CHECK_THAT(duration_error(""), Catch::Contains("empty"));
    CHECK_THAT(duration_error("m"), Catch::Contains("expected a number"));
    CHECK_THAT(duration_error("-5m"), Catch::Contains("expected a number"));
    CHECK_THAT(duration_error("1.5h"), Catch::Contains("units are"));
    CHECK_THAT(duration_error("5 m"), Catch::Contains("units are"));
    CHECK_THAT(duration_error("5M"), Catch::Contains("units are"));
    CHECK_THAT(duration_error("500ms"), Catch::Contains("one second"));
    CHECK_THAT(duration_error("30m1h"), Catch::Contains("large to small"));
    CHECK_THAT(duration_error("1m1m"), Catch::Contains("large to small"));
    CHECK_THAT(duration_error("99999999999999999999999s"), Catch::Contains("hundred years"));
    CHECK_THAT(duration_error("3153600000d"), Catch::Contains("hundred years"));
    CHECK_THAT(duration_error("36500d1s"), Catch::Contains("hundred years"));
}

TEST_CASE("a formatted duration reads back the same", "[unit][base]") {
    CHECK(format_duration(Seconds{5'400}) == "1h30m");
    CHECK(format_duration(Seconds{0}) == "0s");
    CHECK(format_duration(Seconds{60}) == "1m");
    for (long long seconds = 0; seconds < 200'000; seconds += 37)
        REQUIRE(*parse_duration(format_duration(Seconds{seconds})) == Seconds{seconds});
}
