// Laws that hold for every pattern, zone and instant.
#include "cron/describe.hpp"
#include "cron/lint.hpp"
#include "oracle.hpp"
#include "pattern_generator.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace agentcron {
namespace {

using namespace agentcron::test;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::int64_t day = 86400;

std::vector<std::int64_t> engine_times(const cron::Expression& e, const cron::TimeZone& in,
                                       std::int64_t from, std::int64_t until) {
    std::vector<std::int64_t> times;
    for (const sys_seconds time : cron::FireTimes(e, in, sys_seconds{seconds{from - 1}})) {
        if (time.time_since_epoch().count() >= until) break;
        times.push_back(time.time_since_epoch().count());
    }
    return times;
}

TEST_CASE("next increases strictly and previous walks the same times back", "[unit][cron]") {
    REQUIRE(rc::check([] {
        const std::string pattern = *any_pattern();
        const Place place = *any_place();
        RC_LOG() << pattern << " in " << place.zone << " after " << place.utc << '\n';
        const cron::Expression e = expression(pattern);
        const cron::TimeZone& in = zone(place.zone);
        sys_seconds time{seconds{place.utc}};
        for (int i = 0; i < 20; ++i) {
            const auto following = cron::next(e, in, time);
            if (!following) break;
            RC_ASSERT(*following > time);
            const auto back = cron::previous(e, in, *following);
            RC_ASSERT((!back || *back <= time));
            if (back) RC_ASSERT(cron::next(e, in, *back) == following);
            if (i > 0) RC_ASSERT(back == time);
            time = *following;
        }
    }));
}

TEST_CASE("an oracle that walks the clock finds the same times", "[unit][cron]") {
    REQUIRE(rc::check([] {
        const std::string pattern = *frequent_pattern();
        const Place place = *any_place();
        RC_LOG() << pattern << " in " << place.zone << " from " << place.utc << '\n';
        const std::int64_t until = std::min<std::int64_t>(place.utc + 2 * day, 7258118400 - day);
        RC_ASSERT(engine_times(expression(pattern), zone(place.zone), place.utc, until) ==
                  walk(pattern, place.zone, place.utc, until));
    }));
}

TEST_CASE("an oracle that walks the days of a year finds the same times", "[unit][cron]") {
    REQUIRE(rc::check([] {
        std::string pattern = *any_pattern();
        const Place place = *any_place();
        if (std::count(pattern.begin(), pattern.end(), ' ') > 4) return;
        RC_LOG() << pattern << " in " << place.zone << " from " << place.utc << '\n';
        const std::int64_t until = std::min<std::int64_t>(place.utc + 40 * day, 7258118400 - day);
        RC_ASSERT(engine_times(expression(pattern), zone(place.zone), place.utc, until) ==
                  walk(pattern, place.zone, place.utc, until));
    }));
}

TEST_CASE("the oracle agrees on patterns with seconds and years", "[unit][cron]") {
    REQUIRE(rc::check([] {
        const std::string pattern = *any_pattern();
        const Place place = *any_place();
        RC_LOG() << pattern << " in " << place.zone << " from " << place.utc << '\n';
        const std::int64_t until = std::min<std::int64_t>(place.utc + 7 * 3600, 7258118400 - day);
        RC_ASSERT(engine_times(expression(pattern), zone(place.zone), place.utc, until) ==
                  walk(pattern, place.zone, place.utc, until));
    }));
}

TEST_CASE("the canonical form parses to the same expression", "[unit][cron]") {
    REQUIRE(rc::check([] {
        const std::string pattern = *any_pattern();
        const cron::Expression e = expression(pattern);
        RC_LOG() << pattern << " is " << e.canonical() << '\n';
        const auto again = cron::parse(e.canonical());
        RC_ASSERT(again.has_value());
        RC_ASSERT(*again == e);
        RC_ASSERT(again->canonical() == e.canonical());
        RC_ASSERT(!cron::describe(e).empty());
        cron::lint(e, zone("Europe/Berlin"), sys_seconds{});
    }));
}

} // namespace
} // namespace agentcron
