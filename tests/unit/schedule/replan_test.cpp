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

schedule::FireRule rule_of(const char* cron, int hours) {
    return {*cron::parse(cron), std::make_shared<cron::TimeZone>(fixed_zone(hours))};
}

std::optional<base::Instant> replanned(const char* cron, int old_hours, int new_hours,
                                       const char* last_fire, const char* now) {
    const auto last_zone = fixed_zone(old_hours);
    const schedule::LastFire last{at(last_fire), schedule::reading_at(last_zone, at(last_fire))};
    return schedule::replan(rule_of(cron, new_hours), last, at(now));
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
    REQUIRE(schedule::replan(rule_of("0 7 * * *", 1), std::nullopt, at("2026-03-01T10:00:00Z")) ==
            at("2026-03-02T06:00:00Z"));
}

TEST_CASE("new rules do not move a fire time out of its bounds", "[unit][schedule]") {
    auto rule = rule_of("0 7 * * *", 2);
    const schedule::LastFire last{at("2026-03-01T06:00:00Z"),
                                  schedule::reading_at(fixed_zone(1), at("2026-03-01T06:00:00Z"))};
    const auto now = at("2026-03-01T10:00:00Z");
    rule.exclusions = schedule::Exclusions({*schedule::parse_days("2026-03-02/2026-03-03")});
    CHECK(schedule::replan(rule, last, now) == at("2026-03-04T05:00:00Z"));
    rule.starts_at = at("2026-03-04T05:00:01Z");
    CHECK(schedule::replan(rule, last, now) == at("2026-03-05T05:00:00Z"));
    rule.ends_at = at("2026-03-05T05:00:00Z");
    CHECK_FALSE(schedule::replan(rule, last, now));
}
