#include "cli/doctor_clock.hpp"

#include "base/timestamps.hpp"
#include "support/catch.hpp"
#include "unit/cli/rows_of.hpp"

namespace agentcron::cli {

using Catch::Contains;

namespace {

using std::chrono::milliseconds;

base::Instant at(std::int64_t millis) {
    return base::Instant(milliseconds(millis));
}

std::string offsets(int count, const std::string& offset) {
    std::string text;
    for (int i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + offset;
    return text;
}

Findings judged(const Row& zone) {
    return judge_zones(
        rows_of({zone}), at(0),
        [](std::string_view name)
            -> base::Result<std::shared_ptr<const cron::TimeZone>, cron::ZoneError> {
            if (name != "UTC") return cron::ZoneError{std::string(name), "is not there", ""};
            return cron::TimeZone::utc();
        },
        "2025b");
}

} // namespace

TEST_CASE("the offset is that of the quickest round trip", "[unit][cli][doctor]") {
    const std::vector<ClockSample> samples{{at(0), at(5900), at(1000)},
                                           {at(2000), at(7005), at(2010)},
                                           {at(3000), at(9000), at(3800)}};
    const auto offset = offset_of(samples);
    CHECK(offset.ahead_s == Approx(5.0));
    CHECK(offset.within_s == Approx(0.005));
    CHECK(offset.round_trip_s == Approx(0.01));
}

TEST_CASE("clocks that are apart are told of, beyond what the trip may hide",
          "[unit][cli][doctor]") {
    CHECK(judge_clock({.ahead_s = 0.9, .within_s = 0.001}).state == State::ok);
    CHECK(judge_clock({.ahead_s = 1.9, .within_s = 1.0}).state == State::ok);
    const auto behind = judge_clock({.ahead_s = -2, .within_s = 0.001});
    CHECK(behind.state == State::warning);
    CHECK_THAT(behind.detail, Contains("behind"));
    const auto ahead = judge_clock({.ahead_s = 40, .within_s = 0.001});
    CHECK(ahead.state == State::failed);
    CHECK_THAT(ahead.detail, Contains("ahead of"));
}

TEST_CASE("zone data must be there and the same on both sides", "[unit][cli][doctor]") {
    const Row zone{{"name", "UTC"}, {"known", "t"}, {"offsets", offsets(3, "0")}};
    const auto same = judged(zone);
    CHECK(same[0].state == State::ok);
    CHECK_THAT(same[0].detail, Contains("2025b"));
    const auto differs = judged(with(zone, "offsets", "0 0 3600"));
    CHECK(differs[0].state == State::warning);
    CHECK_THAT(differs[0].detail, Contains("from 1970-01-03 on"));
    CHECK(judged(with(zone, "known", "f"))[0].state == State::warning);
    CHECK(judged(with(zone, "name", "Nowhere"))[0].state == State::failed);
}

TEST_CASE("the version of zone data stands in its first line", "[unit][cli][doctor]") {
    CHECK(zone_data_version("# version 2025b") == "2025b");
    CHECK(zone_data_version("# This zic input file").empty());
    CHECK(zone_data_version("").empty());
}

} // namespace agentcron::cli
