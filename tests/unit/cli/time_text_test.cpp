#include "base/timestamps.hpp"
#include "cli/time_text.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <ctime>

using namespace agentcron;
using namespace agentcron::cli;

namespace {

// Local time for one case; Berlin has a gap at 02:00 on 2026-03-29.
class LocalZone {
public:
    explicit LocalZone(const char* name) {
        ::setenv("TZ", name, 1);
        ::tzset();
    }
    ~LocalZone() {
        ::unsetenv("TZ");
        ::tzset();
    }
};

const base::Instant now = *base::from_rfc3339("2026-11-22T09:44:10Z");

std::string parsed(std::string_view text) {
    const auto instant = parse_time(text, now);
    return instant ? base::to_rfc3339(*instant) : "error";
}

} // namespace

TEST_CASE("a span shows its two largest units", "[unit][cli]") {
    CHECK(span_text(0.018) == "18ms");
    CHECK(span_text(0.9999) == "1.0s");
    CHECK(span_text(1.43) == "1.4s");
    CHECK(span_text(12.3) == "12s");
    CHECK(span_text(59.6) == "1m");
    CHECK(span_text(200) == "3m20s");
    CHECK(span_text(7500) == "2h5m");
    CHECK(span_text(86400 * 3 + 4 * 3600 + 59) == "3d4h");
    CHECK(span_text(-200) == "-3m20s");
}

TEST_CASE("an age says how long ago or how soon", "[unit][cli]") {
    CHECK(age_text(now, now) == "now");
    CHECK(age_text(now - base::Seconds(5), now) == "5s ago");
    CHECK(age_text(now + base::Seconds(120), now) == "in 2m");
}

TEST_CASE("times are shown in local time, the shorter the nearer", "[unit][cli]") {
    const LocalZone berlin("Europe/Berlin");
    CHECK(clock_text(now, now) == "10:44:10");
    CHECK(clock_text(now - base::Seconds(86400), now) == "Nov 21 10:44");
    CHECK(clock_text(now - base::Seconds(86400 * 300), now) == "2026-01-26 10:44");
    CHECK(time_text(now - base::Seconds(70), now) == "10:43:00 (1m10s ago)");
}

TEST_CASE("a time is read as RFC 3339 or as local time", "[unit][cli]") {
    const LocalZone berlin("Europe/Berlin");
    CHECK(parsed("2026-03-29T01:00:00Z") == "2026-03-29T01:00:00Z");
    CHECK(parsed("2026-03-29T01:00:00+02:00") == "2026-03-28T23:00:00Z");
    CHECK(parsed("2026-07-01") == "2026-06-30T22:00:00Z");
    CHECK(parsed("2026-07-01 12:30") == "2026-07-01T10:30:00Z");
    CHECK(parsed("2026-07-01T12:30:15") == "2026-07-01T10:30:15Z");
    CHECK(parsed("02:30") == "2026-11-22T01:30:00Z");
    CHECK(parsed(" now ") == "2026-11-22T09:44:10Z");
}

TEST_CASE("what is no time is refused with what would be one", "[unit][cli]") {
    for (const char* text : {"", "yesterday", "2026-02-30", "25:00", "2026-13-01", "1e9"}) {
        INFO(text);
        CHECK(parsed(text) == "error");
    }
    CHECK(parse_time("noon", now).error().find("2026-03-29T01:00:00Z") != std::string::npos);
}

TEST_CASE("since takes a span that counts back", "[unit][cli]") {
    CHECK(base::to_rfc3339(*parse_since("2h", now)) == "2026-11-22T07:44:10Z");
    CHECK(base::to_rfc3339(*parse_since("2026-11-22T00:00:00Z", now)) == "2026-11-22T00:00:00Z");
    CHECK(parse_since("soon", now).error().find("how long ago") != std::string::npos);
}
