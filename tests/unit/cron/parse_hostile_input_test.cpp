// Strings that nobody should send: they must be refused or understood, quickly, without a crash.
#include "cron/describe.hpp"
#include "cron/fire_times.hpp"
#include "cron/lint.hpp"
#include "support.hpp"
#include "support/catch.hpp"

#include <random>

namespace agentcron {
namespace {

using namespace agentcron::test;

// Everything that may be done with a text. Refusals must propose only what is accepted.
void exercise(const std::string& text) {
    const auto parsed = cron::parse(text, {"job"});
    if (!parsed) {
        const cron::ParseError& error = parsed.error();
        if (error.column < 1 || error.column > text.size() + 1) FAIL("column of " << text);
        if (error.message().empty()) FAIL("no message for " << text);
        if (!error.corrected.empty() && !cron::parse(error.corrected).has_value())
            FAIL(text << ": " << error.corrected << " is refused as well");
        return;
    }
    const auto again = cron::parse(parsed->canonical());
    if (!again || !(*again == *parsed)) FAIL(text << " is not " << parsed->canonical());
    if (cron::describe(*parsed).empty()) FAIL("no description of " << text);
    const cron::TimeZone& in = zone("America/New_York");
    const auto first = cron::next(*parsed, in, at("2026-03-08"));
    if (first && cron::previous(*parsed, in, *first + std::chrono::seconds{1}) != first)
        FAIL("previous of " << text);
    cron::lint(*parsed, in, at("2026-01-01"));
}

TEST_CASE("random strings are refused or understood", "[unit][cron]") {
    std::mt19937 random(20260308);
    const std::string letters = "0123456789 ,-*/LWH#?+@()~\tMONevrydaJUL.";
    for (int i = 0; i < 60000; ++i) {
        std::string text;
        const std::size_t length = random() % 40;
        for (std::size_t k = 0; k < length; ++k)
            text += random() % 50 == 0 ? static_cast<char>(random())
                                       : letters[random() % letters.size()];
        exercise(text);
    }
    SUCCEED();
}

TEST_CASE("mutated expressions are refused or understood", "[unit][cron]") {
    std::mt19937 random(20261101);
    const std::vector<std::string> seeds{"*/5 0-23/2 1,15,L-2 JAN-DEC +MON#1,FRI#L",
                                         "0 0 LW * ?",
                                         "0 0 L-3W */2 5L",
                                         "H H(0-7)/2 H * H",
                                         "0 30 9-17 ? * MON-FRI 2026-2030/2",
                                         "@every 2w1d3h4m5s",
                                         "@daily",
                                         "0/15 22-4 1-5#2 JANUARY FRI-MON",
                                         "TZ=UTC */90 0~30 15w ?,1 1-3L",
                                         "1,,2 005 60 24 8"};
    for (int i = 0; i < 60000; ++i) {
        std::string text = seeds[random() % seeds.size()];
        const std::string& other = seeds[random() % seeds.size()];
        for (std::size_t edits = 1 + random() % 4; edits > 0; --edits) {
            const std::size_t place = text.empty() ? 0 : random() % text.size();
            switch (random() % 4) {
            case 0: text.insert(place, 1, other[random() % other.size()]); break;
            case 1: text.erase(place, 1 + random() % 3); break;
            case 2: text.insert(place, other.substr(random() % other.size(), random() % 6)); break;
            default:
                if (!text.empty()) text[place] = other[random() % other.size()];
            }
        }
        exercise(text);
    }
    SUCCEED();
}

TEST_CASE("very long strings cost no more than their length", "[unit][cron]") {
    const auto repeat = [](const std::string& part, std::size_t times) {
        std::string text;
        for (std::size_t i = 0; i < times; ++i) text += part;
        return text;
    };
    exercise(repeat("*", 1 << 20));
    exercise(repeat("* ", 1 << 20));
    exercise(repeat("0/15,", 800) + "0 * * * *");
    exercise(repeat("1,", 2000) + "1 * * * *");
    exercise(repeat("1,", 2000) + " * * * *");
    exercise("@every " + repeat("9", 4000) + "s");
    exercise("*/" + repeat("9", 4000) + " * * * *");
    exercise(repeat("5-1,", 1000) + "1 * * * *");
    exercise("0 0 * * " + repeat("1-5#2,", 600) + "1");
    CHECK(cron::parse(repeat("1,", 2000) + "1 * * * *").has_value());
    CHECK(cron::parse(repeat("x", 4000)).error().text.size() < 100);
}

} // namespace
} // namespace agentcron
