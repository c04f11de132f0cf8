#include "db/values.hpp"

#include "support/catch.hpp"

namespace agentcron::db {

using namespace std::string_literals;
using namespace std::chrono_literals;

TEST_CASE("text that a column does not take gets replacements", "[unit][db]") {
    const auto [given, stored] = GENERATE(table<std::string, std::string>({
        {"", ""},
        {"plain", "plain"},
        {"grün 日本 😀", "grün 日本 😀"},
        {"a\0b"s, "a\uFFFDb"},
        {"\0"s, "\uFFFD"},
        {"a\xff"
         "b",
         "a\uFFFDb"},
        {"\xc3", "\uFFFD"},                               // the first half of a character
        {"\xe6\x97", "\uFFFD\uFFFD"},                     // two thirds of one
        {"\xc0\x80", "\uFFFD\uFFFD"},                     // NUL written too long
        {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},           // a surrogate
        {"\xf5\x80\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"}, // beyond Unicode
        {"ü\xff", "ü\uFFFD"},
    }));
    CHECK(storable_text(given) == stored);
}

TEST_CASE("of JSON only the escape of NUL is changed", "[unit][db]") {
    const auto [given, stored] = GENERATE(table<std::string, std::string>({
        {R"({"a":1})", R"({"a":1})"},
        {R"("\u0000")", R"("\ufffd")"},
        {R"("\\u0000")", R"("\\u0000")"},
        {R"("\\\u0000")", R"("\\\ufffd")"},
        {R"("\u00001\u0000")", R"("\ufffd1\ufffd")"},
        {R"("\n\u0001\"")", R"("\n\u0001\"")"},
        {"\"\xff\"", "\"\uFFFD\""},
        {"\\", "\\"},
    }));
    CHECK(storable_json(given) == stored);
}

TEST_CASE("arrays are quoted so that every element comes back", "[unit][db]") {
    CHECK(array_text(std::vector<std::string>{}) == "{}");
    CHECK(array_text(std::vector<std::string>{"", "NULL", "a,b", "{x}", "\"", "\\", " "}) ==
          R"({"","NULL","a,b","{x}","\"","\\"," "})");
    CHECK(array_text(std::vector<std::optional<std::string>>{std::nullopt, "x"}) ==
          R"({NULL,"x"})");
    CHECK(array_text(std::vector<std::int64_t>{-1, 0, 7}) == "{-1,0,7}");
}

TEST_CASE("timestamps come back as they went", "[unit][db]") {
    const base::Instant instant = std::chrono::sys_days(2026y / 3 / 29) + 1h + 2min + 3s + 4us;
    CHECK(timestamp_text(instant) == "2026-03-29T01:02:03.000004Z");
    CHECK(timestamp_from("2026-03-29 01:02:03.000004+00") == instant);
    CHECK(timestamp_from("1969-12-31 23:59:59.5+00") == base::Instant(-500ms));
}

TEST_CASE("times that only a database can hold read as the ends of time", "[unit][db]") {
    const base::Instant end = std::chrono::sys_days(9999y / 12 / 31);
    const base::Instant beginning = std::chrono::sys_days(1y / 1 / 1);
    CHECK(timestamp_from("infinity") == end);
    CHECK(timestamp_from("12000-01-01 00:00:00+00") == end);
    CHECK(timestamp_from("-infinity") == beginning);
    CHECK(timestamp_from("0044-03-15 00:00:00+00 BC") == beginning);
}

} // namespace agentcron::db
