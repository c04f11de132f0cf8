#include "base/timestamps.hpp"

#include "support/catch.hpp"

using namespace agentcron::base;
using namespace std::chrono_literals;

namespace {

const Instant change = std::chrono::sys_days{2026y / 3 / 29} + 1h;

} // namespace

TEST_CASE("an instant is written as RFC 3339 in UTC", "[unit][base]") {
    CHECK(to_rfc3339(change) == "2026-03-29T01:00:00Z");
    CHECK(to_rfc3339(change + 250ms) == "2026-03-29T01:00:00.25Z");
    CHECK(to_rfc3339(change + 1us) == "2026-03-29T01:00:00.000001Z");
    CHECK(to_rfc3339(change - 1us) == "2026-03-29T00:59:59.999999Z");
    CHECK(to_rfc3339(Instant{} - 1s) == "1969-12-31T23:59:59Z");
    CHECK(to_rfc3339(Instant{}) == "1970-01-01T00:00:00Z");
}

TEST_CASE("RFC 3339 text gives its instant", "[unit][base]") {
    CHECK(*from_rfc3339("2026-03-29T01:00:00Z") == change);
    CHECK(*from_rfc3339("2026-03-29t01:00:00z") == change);
    CHECK(*from_rfc3339("2026-03-29 01:00:00Z") == change);
    CHECK(*from_rfc3339("2026-03-29T03:00:00+02:00") == change);
    CHECK(*from_rfc3339("2026-03-28T21:30:00-03:30") == change);
    CHECK(*from_rfc3339("2026-03-29T01:00:00.25Z") == change + 250ms);
    CHECK(*from_rfc3339("2026-03-29T01:00:00.1234567899Z") == change + 123'456us);
    CHECK(*from_rfc3339("2024-02-29T00:00:00Z") == Instant{std::chrono::sys_days{2024y / 2 / 29}});
}

TEST_CASE("what is written reads back the same", "[unit][base]") {
    for (const auto step : {0us, 1us, 999'999us, 86'399'999'999us, 31'556'952'000'000us})
        CHECK(*from_rfc3339(to_rfc3339(change + step)) == change + step);
}

TEST_CASE("other text is refused with an example", "[unit][base]") {
    for (const auto* text :
         {"", "tomorrow", "2026-03-29", "2026-03-29T01:00Z", "2026-02-29T01:00:00Z",
          "2026-13-01T01:00:00Z", "2026-03-00T01:00:00Z", "2026-03-29T24:00:00Z",
          "2026-03-29T01:60:00Z", "2026-03-29T01:00:60Z", "2026-03-29T01:00:00",
          "2026-03-29T01:00:00.Z", "2026-03-29T01:00:00Z ", "2026-03-29T01:00:00+2:00",
          "2026-03-29T01:00:00+02:60", "26-03-29T01:00:00Z", "2026-03-29T01:00:00Zjunk"}) {
        CAPTURE(text);
        const auto instant = from_rfc3339(text);
        REQUIRE_FALSE(instant.has_value());
        CHECK_THAT(instant.error(), Catch::Contains("write it like 2026-03-29T01:00:00Z"));
    }
}
