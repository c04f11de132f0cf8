#include "base/text.hpp"
#include "cron/fire_times.hpp"
#include "schedule/limits.hpp"
#include "schedule/validate.hpp"
#include "support/catch.hpp"

#include <functional>

using namespace agentcron;
using namespace agentcron::schedule;
using base::Seconds;

namespace {

Schedule good() {
    Schedule schedule;
    schedule.name = "nightly";
    schedule.cron = "30 2 * * *";
    schedule.timezone = "Europe/Berlin";
    schedule.agent = "claude";
    return schedule;
}

std::string first_error(const Schedule& schedule) {
    cron::ZoneCache zones;
    const auto validated = validate(schedule, zones);
    return validated ? "" : validated.error();
}

struct Case {
    std::string expected;
    std::function<void(Schedule&)> change;
};

} // namespace

TEST_CASE("a good schedule gives its expression and zone", "[unit][schedule]") {
    cron::ZoneCache zones;
    const auto validated = validate(good(), zones);
    REQUIRE(validated.has_value());
    REQUIRE(validated->zone->name() == "Europe/Berlin");
    REQUIRE(validated->expression.canonical() == "30 2 * * *");
}

TEST_CASE("each broken rule is one sentence behind its field", "[unit][schedule]") {
    const std::vector<Case> cases{
        {"name: '-x' cannot be a name; a name has 1 to 100 letters, digits, '.', '_' or '-' and "
         "starts with a letter or digit",
         [](Schedule& s) { s.name = "-x"; }},
        {"agent: '' cannot be a name; a name has 1 to 100 letters, digits, '.', '_' or '-' and "
         "starts with a letter or digit",
         [](Schedule& s) { s.agent.clear(); }},
        {"cron: minute '0/15': a step needs * or a range in front of it; write '0-59/15 * * * *'",
         [](Schedule& s) { s.cron = "0/15 * * * *"; }},
        {"cron: '0 0 30 2 *' never fires: no date from 1970 to 2199 matches all of its fields",
         [](Schedule& s) { s.cron = "0 0 30 2 *"; }},
        {"timezone: time zone \"Europe/Berln\": there is no such time zone; did you mean "
         "Europe/Berlin?",
         [](Schedule& s) { s.timezone = "Europe/Berln"; }},
        {"prompt: 1048577 bytes are too long; expected at most 1048576",
         [](Schedule& s) { s.prompt.assign(prompt_bytes_max + 1, 'x'); }},
        {"priority: 32768 is out of range; expected 0 to 32767",
         [](Schedule& s) { s.priority = 32768; }},
        {"catch_up_window: 367d is too long; expected at most 366d",
         [](Schedule& s) { s.catch_up_window = Seconds{367 * 86400}; }},
        {"catch_up_max: 0 is out of range; expected 1 to 10000",
         [](Schedule& s) { s.catch_up_max = 0; }},
        {"timeout: -1 seconds are less than none; expected 0s to 366d",
         [](Schedule& s) { s.timeout = Seconds{-1}; }},
        {"hold: 366d1s is too long; expected at most 366d",
         [](Schedule& s) { s.hold = policy_duration_max + Seconds{1}; }},
        {"retry_attempts: 0 is out of range; expected 1 to 1000",
         [](Schedule& s) { s.retry_attempts = 0; }},
        {"retry_backoff: 400d is too long; expected at most 366d",
         [](Schedule& s) { s.retry_backoff = Seconds{400 * 86400}; }},
        {"retry_max_backoff: max_backoff 1m is shorter than backoff 2m",
         [](Schedule& s) {
             s.retry_backoff = Seconds{120};
             s.retry_max_backoff = Seconds{60};
         }},
    };
    for (const Case& each : cases) {
        Schedule schedule = good();
        each.change(schedule);
        CHECK(first_error(schedule) == each.expected);
    }
}

TEST_CASE("the limits themselves are good", "[unit][schedule]") {
    Schedule schedule = good();
    schedule.priority = priority_min;
    schedule.catch_up_max = catch_up_max_max;
    schedule.catch_up_window = Seconds{0};
    schedule.timeout = Seconds{0};
    schedule.hold = policy_duration_max;
    schedule.retry_attempts = retry_attempts_max;
    schedule.retry_backoff = schedule.retry_max_backoff;
    schedule.prompt.assign(prompt_bytes_max, 'x');
    schedule.name.assign(100, 'n');
    REQUIRE(first_error(schedule).empty());
}

TEST_CASE("inspection reports every broken rule, in the order of the fields", "[unit][schedule]") {
    Schedule schedule = good();
    schedule.name = "a b";
    schedule.cron = "61 * * * *";
    schedule.timezone = "Mars/Base";
    schedule.retry_attempts = -1;
    cron::ZoneCache zones;
    const Inspection inspection = inspect(schedule, zones);
    std::vector<std::string_view> fields;
    for (const Problem& problem : inspection.problems) fields.push_back(problem.field);
    REQUIRE(fields == std::vector<std::string_view>{"name", "cron", "timezone", "retry_attempts"});
    REQUIRE_FALSE(inspection.validated.has_value());
}

TEST_CASE("a cron error says at which byte it stands", "[unit][schedule]") {
    Schedule schedule = good();
    schedule.cron = "0 25 * * *";
    cron::ZoneCache zones;
    REQUIRE(inspect(schedule, zones).problems.at(0).offset == 2);
}

TEST_CASE("a one-time schedule stays valid after it has fired", "[unit][schedule]") {
    Schedule schedule = good();
    schedule.cron = "0 0 12 24 12 * 1999";
    REQUIRE(first_error(schedule).empty());
}

TEST_CASE("H depends on the schedule's name alone", "[unit][schedule]") {
    cron::ZoneCache zones;
    Schedule schedule = good();
    schedule.cron = "H H * * *";
    const std::string nightly = validate(schedule, zones)->expression.canonical();
    schedule.agent = "other";
    REQUIRE(validate(schedule, zones)->expression.canonical() == nightly);
    schedule.name = "weekly";
    REQUIRE(validate(schedule, zones)->expression.canonical() != nightly);
}
