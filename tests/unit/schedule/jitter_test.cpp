#include "schedule/jitter.hpp"

#include "base/timestamps.hpp"
#include "support/catch.hpp"

#include <rapidcheck.h>

using namespace agentcron;
using base::Instant;
using base::Millis;
using base::Seconds;
using schedule::jitter_delay;

namespace {

const Instant noon = *base::from_rfc3339("2026-03-05T12:00:00Z");

} // namespace

TEST_CASE("the same schedule and fire time have the same delay everywhere", "[unit][schedule]") {
    REQUIRE(jitter_delay("nightly", noon, Seconds{300}, std::nullopt) == Millis{16265});
    REQUIRE(jitter_delay("", Instant{}, Seconds{300}, std::nullopt) == Millis{141278});
    REQUIRE(jitter_delay("weekly", noon, Seconds{300}, std::nullopt) !=
            jitter_delay("nightly", noon, Seconds{300}, std::nullopt));
    REQUIRE(jitter_delay("nightly", noon + Seconds{60}, Seconds{300}, std::nullopt) !=
            jitter_delay("nightly", noon, Seconds{300}, std::nullopt));
}

TEST_CASE("no jitter is no delay", "[unit][schedule]") {
    REQUIRE(jitter_delay("s", noon, Seconds{0}, std::nullopt) == Millis{0});
    REQUIRE(jitter_delay("s", noon, Seconds{-5}, std::nullopt) == Millis{0});
}

TEST_CASE("a delay lies within the jitter and before the next fire time", "[unit][schedule]") {
    REQUIRE(rc::check([](const std::string& name, int seconds, std::uint32_t gap_us) {
        const Instant fire_time = noon + Seconds{seconds};
        const Seconds jitter{*rc::gen::inRange<std::int64_t>(0, 366 * 86'400)};
        const auto free = jitter_delay(name, fire_time, jitter, std::nullopt);
        RC_ASSERT((free >= Millis{0} && free <= jitter));
        const Instant next =
            fire_time + std::chrono::microseconds{gap_us} + std::chrono::microseconds{1};
        const auto bound = jitter_delay(name, fire_time, jitter, next);
        RC_ASSERT((bound >= Millis{0} && bound <= jitter));
        RC_ASSERT(fire_time + bound < next);
    }));
}

TEST_CASE("delays are spread evenly", "[unit][schedule]") {
    std::array<int, 10> tenths{};
    for (int minute = 0; minute < 10'000; ++minute) {
        const auto delay =
            jitter_delay("s", noon + Seconds{60 * minute}, Seconds{10}, std::nullopt);
        ++tenths.at(static_cast<std::size_t>(std::min<std::int64_t>(delay.count() / 1000, 9)));
    }
    for (const int count : tenths) CHECK((count > 850 && count < 1150));
}
