#include "cli/upcoming_times.hpp"

#include "base/timestamps.hpp"
#include "schedule/validate.hpp"
#include "support/catch.hpp"

using namespace agentcron;
using namespace agentcron::cli;

namespace {

const base::Instant noon = *base::from_rfc3339("2026-05-10T12:00:00Z");

schedule::FireRule rule_of(const char* cron) {
    cron::ZoneCache zones;
    schedule::Schedule declared;
    declared.name = "any";
    declared.cron = cron;
    return *schedule::fire_rule(declared, zones);
}

// "index@minutes after noon", each with a blank behind it.
std::string listed(const UpcomingTimes& upcoming) {
    std::string text;
    for (const auto& time : upcoming.times)
        text += std::to_string(time.index) + "@" +
                std::to_string(
                    std::chrono::duration_cast<std::chrono::minutes>(time.at - noon).count()) +
                " ";
    return text;
}

} // namespace

TEST_CASE("fire times of several schedules come in one order", "[unit][cli]") {
    const auto hourly = rule_of("0 * * * *"), half = rule_of("*/30 * * * *");
    const auto upcoming =
        upcoming_times({{&hourly, noon, {}}, {&half, noon, {}}}, noon + std::chrono::hours(2), 100);
    CHECK(listed(upcoming) == "1@30 0@60 1@60 1@90 ");
    CHECK_FALSE(upcoming.more);
}

TEST_CASE("the limit cuts the list and says so", "[unit][cli]") {
    const auto minutely = rule_of("* * * * *");
    const auto upcoming = upcoming_times({{&minutely, noon, {}}}, noon + std::chrono::hours(1), 3);
    CHECK(listed(upcoming) == "0@1 0@2 0@3 ");
    CHECK(upcoming.more);
}

TEST_CASE("a schedule ends with the runs that it has left", "[unit][cli]") {
    const auto minutely = rule_of("* * * * *"), never = rule_of("@reboot");
    const auto upcoming =
        upcoming_times({{&minutely, noon, 2}, {&never, noon, {}}, {&minutely, noon, 0}},
                       noon + std::chrono::hours(1), 100);
    CHECK(listed(upcoming) == "0@1 0@2 ");
    CHECK_FALSE(upcoming.more);
}
