#include "schedule/exclusions.hpp"

#include "cron/instant_text.hpp"
#include "support/catch.hpp"

#include <rapidcheck.h>

using namespace agentcron;
using namespace agentcron::schedule;
using std::chrono::days;
using std::chrono::local_days;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

std::shared_ptr<const cron::TimeZone> zone(std::string_view name) {
    return *cron::TimeZone::load(name);
}

local_days day_at(sys_seconds time, const cron::TimeZone& in) {
    return local_days{std::chrono::floor<days>(time.time_since_epoch() + in.offset_at(time))};
}

Exclusions of(std::initializer_list<std::string_view> texts) {
    std::vector<DayRange> ranges;
    for (const auto text : texts) ranges.push_back(*parse_days(text));
    return Exclusions(std::move(ranges));
}

// "from until" in UTC; "" = not excluded.
std::string around(const Exclusions& exclusions, std::string_view time, std::string_view in) {
    const auto where = zone(in);
    const auto found = exclusions.around(*cron::parse_instant(time, *where), *where);
    return found ? cron::utc_text(found->from) + " " + cron::utc_text(found->until) : "";
}

} // namespace

TEST_CASE("a date is one day, a range has both ends", "[unit][schedule]") {
    using namespace std::chrono;
    REQUIRE(parse_days("2026-12-25")->first == local_days{2026y / December / 25});
    REQUIRE(parse_days("2026-12-25")->last == local_days{2026y / December / 25});
    REQUIRE(parse_days("2026-12-24/2027-01-01")->last == local_days{2027y / January / 1});
    REQUIRE(parse_days(" 2026-12-25\n").has_value());
}

TEST_CASE("what is no date is refused in a sentence", "[unit][schedule]") {
    for (const std::string text :
         {"", "holidays", "2026-2-1", "2026-02-30", "2026-13-01", "2026-12-25/", "/2026-12-25",
          "2026-12-25/2026-12-26/2026-12-27", "2026-12-25T00:00", "+026-12-25"}) {
        INFO(text);
        REQUIRE(parse_days(text).has_error());
        CHECK(parse_days(text).error() ==
              "'" + text +
                  "' is not a date; expected one like 2026-12-25, or a range like "
                  "2026-12-24/2027-01-01");
    }
    CHECK(parse_days("2027-01-01/2026-12-24").error() ==
          "'2027-01-01/2026-12-24' ends before it begins; write '2026-12-24/2027-01-01'");
}

TEST_CASE("ranges are sorted, and those that touch become one", "[unit][schedule]") {
    const Exclusions exclusions = of({"2026-05-01", "2026-01-05/2026-01-08",
                                      "2026-01-01/2026-01-04", "2026-01-02", "2026-01-10"});
    REQUIRE(exclusions.ranges().size() == 3);
    REQUIRE(exclusions.ranges()[0] == *parse_days("2026-01-01/2026-01-08"));
    REQUIRE(exclusions.ranges()[1] == *parse_days("2026-01-10"));
    REQUIRE(Exclusions().empty());
}

TEST_CASE("an excluded time is as long as its days are on the zone's clock", "[unit][schedule]") {
    const Exclusions exclusions = of({"2026-03-29", "2026-10-25"});
    CHECK(around(exclusions, "2026-03-29T12:00", "Europe/Berlin") ==
          "2026-03-28T23:00:00Z 2026-03-29T22:00:00Z");
    CHECK(around(exclusions, "2026-10-25T00:00", "Europe/Berlin") ==
          "2026-10-24T22:00:00Z 2026-10-25T23:00:00Z");
    CHECK(around(exclusions, "2026-10-25T23:59:59", "Europe/Berlin") ==
          "2026-10-24T22:00:00Z 2026-10-25T23:00:00Z");
    CHECK(around(exclusions, "2026-10-26T00:00", "Europe/Berlin") == "");
    CHECK(around(exclusions, "2026-10-24T23:59:59", "Europe/Berlin") == "");
}

TEST_CASE("a clock that goes back over midnight leaves the day and comes back",
          "[unit][schedule]") {
    // One hour ahead of UTC, at 00:30 of the 2nd the clock goes back to 23:30 of the 1st.
    const auto midnight = sys_seconds{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
    const cron::OffsetChange back{(midnight - seconds{1800}).time_since_epoch().count(), 0};
    const cron::TimeZone in("Test/Back", 3600, std::span(&back, 1), 1);
    const auto text = [&](const Exclusions& exclusions, seconds from_midnight) {
        const auto found = exclusions.around(midnight + from_midnight, in);
        return found ? cron::utc_text(found->from) + " " + cron::utc_text(found->until) : "";
    };
    const Exclusions first = of({"2026-03-01"});
    CHECK(text(first, seconds{-3601}) == "2026-02-28T23:00:00Z 2026-03-01T23:00:00Z");
    CHECK(text(first, seconds{-3600}) == "");
    CHECK(text(first, seconds{-1}) == "2026-03-01T23:30:00Z 2026-03-02T00:00:00Z");
    CHECK(text(first, seconds{0}) == "");
    const std::string whole = "2026-02-28T23:00:00Z 2026-03-03T00:00:00Z";
    for (const int from_midnight : {-7200, -3600, -1800, -1, 0, 3600})
        CHECK(text(of({"2026-03-01/2026-03-02"}), seconds{from_midnight}) == whole);
}

TEST_CASE("an excluded time holds exactly the instants of excluded days around it",
          "[unit][schedule]") {
    REQUIRE(rc::check([] {
        const std::string name = *rc::gen::element<std::string>(
            "UTC", "Europe/Berlin", "America/Nuuk", "Africa/Cairo", "America/Havana",
            "Pacific/Apia", "Australia/Lord_Howe", "America/St_Johns", "Asia/Tehran");
        const auto in = zone(name);
        const sys_seconds start{seconds{*rc::gen::inRange<std::int64_t>(0, 4'000'000'000)}};
        const auto today = day_at(start, *in);
        std::vector<DayRange> ranges;
        for (int i = *rc::gen::inRange(1, 5); i > 0; --i) {
            const auto first = today + days{*rc::gen::inRange(-20, 5)};
            ranges.push_back({first, first + days{*rc::gen::inRange(0, 200)}});
        }
        const auto listed = [&](sys_seconds time) {
            const auto day = day_at(time, *in);
            return std::any_of(ranges.begin(), ranges.end(), [&](const DayRange& range) {
                return range.first <= day && day <= range.last;
            });
        };
        const auto found = Exclusions(ranges).around(start, *in);
        RC_ASSERT(found.has_value() == listed(start));
        if (!found) return;
        RC_ASSERT((found->from <= start && start < found->until));
        RC_ASSERT(!listed(found->from - seconds{1}));
        RC_ASSERT(!listed(found->until));
        for (auto time = found->from; time < found->until; time += seconds{1799})
            RC_ASSERT(listed(time));
        RC_ASSERT(listed(found->until - seconds{1}));
    }));
}
