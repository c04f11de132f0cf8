#include "schedule/replan.hpp"

#include "base/timestamps.hpp"
#include "support/catch.hpp"

#include <array>

using namespace agentcron;

namespace {

base::Instant at(const char* text) {
    return *base::from_rfc3339(text);
}

// A zone that is `hours` ahead of UTC all the time.
cron::TimeZone fixed_zone(int hours) {
    return cron::TimeZone("Test/Fixed", hours * 3600, std::span<const cron::OffsetChange>{}, 1);
}

std::optional<base::Instant> replanned(const char* cron, int old_hours, int new_hours,
                                       const char* last_fire, const char* now) {
    const auto last_zone = fixed_zone(old_hours);
    const schedule::LastFire last{at(last_fire), schedule::reading_at(last_zone, at(last_fire))};
    return schedule::replan(*cron::parse(cron), fixed_zone(new_hours), {}, last, at(now));
}

} // namespace

TEST_CASE("new rules move the coming fire time", "[unit][schedule]") {
    // 07:00 at +1 was 06:00Z; at +2 tomorrow's is 05:00Z.
    REQUIRE(replanned("0 7 * * *", 1, 2, "2026-03-01T06:00:00Z", "2026-03-01T10:00:00Z") ==
            at("2026-03-02T05:00:00Z"));
}

TEST_CASE("a reading that has run on its date is not run again under new rules",
          "[unit][schedule]") {
    // 07:00 ran at +2 (05:00Z). At +1 the same 07:00 would come at 06:00Z.
    REQUIRE(replanned("0 7 * * *", 2, 1, "2026-03-01T05:00:00Z", "2026-03-01T05:30:00Z") ==
            at("2026-03-02T06:00:00Z"));
    // Hourly: 07:00 ran; 07:00 of the new rules is a repetition, 08:00 is not.
    REQUIRE(replanned("0 * * * *", 2, 1, "2026-03-01T05:00:00Z", "2026-03-01T05:30:00Z") ==
            at("2026-03-01T07:00:00Z"));
}

TEST_CASE("a fire time that new rules put into the past is due", "[unit][schedule]") {
    // 07:00 of the 2nd was to come at 06:00Z; by the new rules it was at 04:00Z.
    REQUIRE(replanned("0 7 * * *", 1, 3, "2026-03-01T06:00:00Z", "2026-03-02T05:00:00Z") ==
            at("2026-03-02T04:00:00Z"));
}

TEST_CASE("a schedule that never fired is planned from now under new rules", "[unit][schedule]") {
    REQUIRE(schedule::replan(*cron::parse("0 7 * * *"), fixed_zone(1), {}, std::nullopt,
                             at("2026-03-01T10:00:00Z")) == at("2026-03-02T06:00:00Z"));
}
