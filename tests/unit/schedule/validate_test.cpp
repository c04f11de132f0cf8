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
         [](Schedule& s) { s.retry.attempts = 0; }},
        {"retry_backoff: 400d is too long; expected at most 366d",
         [](Schedule& s) { s.retry.backoff = Seconds{400 * 86400}; }},
        {"retry_max_backoff: max_backoff 1m is shorter than backoff 2m",
         [](Schedule& s) {
             s.retry.backoff = Seconds{120};
             s.retry.max_backoff = Seconds{60};
         }},
    };
    for (const Case& each : cases) {
        Schedule schedule = good();
        each.change(schedule);
        CHECK(first_error(schedule) == each.expected);
    }
}

TEST_CASE("each broken rule of the newer policies is a sentence, too", "[unit][schedule]") {
    const std::vector<Case> cases{
        {"queue_max: 0 is out of range; expected 1 to 10000", [](Schedule& s) { s.queue_max = 0; }},
        {"jitter: 367d is too long; expected at most 366d",
         [](Schedule& s) { s.jitter = Seconds{367 * 86400}; }},
        {"max_runs: 0 is out of range; expected 1 to 1000000000",
         [](Schedule& s) { s.max_runs = 0; }},
        {"ends_at: the end is not after starts_at",
         [](Schedule& s) { s.starts_at = s.ends_at = base::Instant{}; }},
        {"exclude: 'holidays' is not a date; expected one like 2026-12-25, or a range like "
         "2026-12-24/2027-01-01",
         [](Schedule& s) {
             s.exclude = {"2026-12-25", "holidays"};
         }},
        {"exclude: 10001 are too many; expected at most 10000",
         [](Schedule& s) { s.exclude.assign(exclude_max + 1, "2026-12-25"); }},
        {"cron: '30 2 * * *' never fires: all of its times are excluded, or outside starts_at and "
         "ends_at",
         [](Schedule& s) { s.exclude = {"1900-01-01/2200-12-31"}; }},
        {"concurrency_group: 'a b' cannot be a name; a name has 1 to 100 letters, digits, '.', '_' "
         "or '-' and starts with a letter or digit",
         [](Schedule& s) { s.concurrency.group = "a b"; }},
        {"concurrency_limit: 0 is out of range; expected 1 to 10000",
         [](Schedule& s) { s.concurrency.limit = 0; }},
        {"total_timeout: -1 seconds are less than none; expected 0s to 366d",
         [](Schedule& s) { s.total_timeout = Seconds{-1}; }},
        {"retry_on: unknown value 'timeouts'; expected usage_limit, exit_code, signal, timeout, "
         "stalled, input_timeout, lost, spawn, protocol, budget, output_limit, check, context; did "
         "you mean 'timeout'?",
         [](Schedule& s) { s.retry.on = {"timeouts"}; }},
        {"retry_never_on_exit: 256 is no exit code; expected 0 to 255",
         [](Schedule& s) {
             s.retry.never_on_exit = {2, 256};
         }},
        {"pause_after_failures: 0 is out of range; expected 1 to 1000000",
         [](Schedule& s) { s.pause_after_failures = 0; }},
        {"success.exit_codes: expected at least one exit code; found none",
         [](Schedule& s) { s.success.exit_codes.clear(); }},
        {"success.check: expected a program and its arguments; found no program",
         [](Schedule& s) { s.success.check = {""}; }},
        {"heartbeat_url: 'ftp://x' is no URL; expected one that starts with http:// or https://",
         [](Schedule& s) { s.heartbeat_url = "ftp://x"; }},
        {"heartbeat_url: 'https://' names no host",
         [](Schedule& s) { s.heartbeat_url = "https://"; }},
        {"heartbeat_url: a URL holds no blanks, quotes or control characters; write them as %20 "
         "and the like",
         [](Schedule& s) { s.heartbeat_url = "https://x/a b"; }},
        {"after: a schedule cannot come after itself", [](Schedule& s) { s.after = {"nightly"}; }},
        {"after: 'a' stands twice",
         [](Schedule& s) {
             s.after = {"a", "b", "a"};
         }},
        {"cron: '': the expression is empty", [](Schedule& s) { s.cron.clear(); }},
    };
    for (const Case& each : cases) {
        Schedule schedule = good();
        each.change(schedule);
        const std::string error = first_error(schedule);
        CHECK(error.substr(0, each.expected.size()) == each.expected);
    }
}

TEST_CASE("a notification has one way out and known events", "[unit][schedule]") {
    const auto error = [](Notify notify) {
        Schedule schedule = good();
        schedule.notify = std::move(notify);
        return first_error(schedule);
    };
    CHECK(error({{"failed", "missed"}, {"mail"}, "", ""}) == "");
    CHECK(error({{"failed"}, {}, "http://x:80/y?z", "/etc/secret"}) == "");
    CHECK(error({{}, {"mail"}, "", ""}) == "notify.on: expected at least one of failed, "
                                           "waiting_for_input, recovered, paused, missed");
    CHECK(error({{"fail"}, {"mail"}, "", ""}) ==
          "notify.on: unknown value 'fail'; expected failed, waiting_for_input, recovered, paused, "
          "missed; did you mean 'failed'?");
    CHECK(error({{"failed"}, {"mail"}, "https://x", ""}) ==
          "notify.webhook: expected a command or a webhook, found both");
    CHECK(error({{"failed"}, {}, "", ""}) ==
          "notify.command: expected a program and its arguments; found no program");
    CHECK(error({{"failed"}, {"mail"}, "", "/etc/secret"}) ==
          "notify.secret_file: signs the body of a webhook; a command needs none");
    CHECK(error({{"failed"}, {}, "https://x", "secret"}) ==
          "notify.secret_file: 'secret' is not an absolute path");
}

TEST_CASE("reminders come after a time, and an escalation has a way out", "[unit][schedule]") {
    const auto error = [](std::vector<Seconds> reminders, std::optional<Escalation> escalate) {
        Schedule schedule = good();
        schedule.notify = {{"failed"}, {"mail"}, "", "", std::move(reminders), std::move(escalate)};
        return first_error(schedule);
    };
    CHECK(error({Seconds{3600}}, Escalation{Seconds{1}, {"page"}}) == "");
    CHECK(error({Seconds{3600}, Seconds{0}}, {}) ==
          "notify.reminders: expected 1s to 366d, found 0s");
    CHECK(error(std::vector(101, Seconds{1}), {}) ==
          "notify.reminders: 101 are too many; expected at most 100");
    CHECK(error({}, Escalation{Seconds{400 * 86400}, {"page"}}) ==
          "notify.escalate.after: expected 1s to 366d, found 400d");
    CHECK(error({}, Escalation{Seconds{1}}) ==
          "notify.escalate.command: expected a program and its arguments; found no program");
    CHECK(error({}, Escalation{Seconds{1}, {"page"}, "https://x"}) ==
          "notify.escalate.webhook: expected a command or a webhook, found both");
}

TEST_CASE("a step keeps the rules of a schedule under its own name", "[unit][schedule]") {
    const auto error = [](std::vector<std::string> names, std::function<void(Schedule&)> change) {
        Schedule schedule = good();
        for (const auto& name : names) schedule.steps.emplace_back().name = name;
        change(schedule);
        return first_error(schedule);
    };
    CHECK(error({"parse", "store"}, [](Schedule&) {}) == "");
    CHECK(error({"parse", "parse"}, [](Schedule&) {}) ==
          "steps: step 'parse': name: 'parse' is the name of an earlier step; each needs its own");
    CHECK(error({"parse", ""}, [](Schedule&) {
          }).starts_with("steps: step 2: name: '' cannot be a name; "));
    CHECK(error({"parse"}, [](Schedule& s) { s.steps[0].retry.attempts = 0; }) ==
          "steps: step 'parse': retry_attempts: 0 is out of range; expected 1 to 1000");
    CHECK(error({"parse"}, [](Schedule& s) { s.steps[0].success.check = {""}; }) ==
          "steps: step 'parse': success.check: expected a program and its arguments; found no "
          "program");
    CHECK(error({"parse"}, [](Schedule& s) { s.agent.clear(); }) ==
          "steps: step 'parse': agent: neither the step nor its schedule names an agent");
    CHECK(error({"parse"}, [](Schedule& s) { std::swap(s.agent, s.steps[0].agent); }) == "");
}

TEST_CASE("a schedule may come after others alone", "[unit][schedule]") {
    Schedule schedule = good();
    schedule.cron.clear();
    schedule.after = {"upstream"};
    REQUIRE(first_error(schedule).empty());
    cron::ZoneCache zones;
    REQUIRE_FALSE(validate(schedule, zones)->next(base::Instant{}));
}

TEST_CASE("the times can be read without the rest", "[unit][schedule]") {
    Schedule schedule = good();
    schedule.agent.clear();
    schedule.timeout = Seconds{-1};
    schedule.exclude = {"2026-12-25"};
    cron::ZoneCache zones;
    REQUIRE(fire_rule(schedule, zones)->exclusions.ranges().size() == 1);
    schedule.cron = "61 * * * *";
    REQUIRE(fire_rule(schedule, zones).error().starts_with("cron: "));
}

TEST_CASE("an @every within narrow bounds is good: its anchor is not known yet",
          "[unit][schedule]") {
    Schedule schedule = good();
    schedule.cron = "@every 90d";
    schedule.starts_at = base::Instant{Seconds{1'790'000'000}};
    schedule.ends_at = *schedule.starts_at + Seconds{60};
    REQUIRE(first_error(schedule).empty());
}

TEST_CASE("the limits themselves are good", "[unit][schedule]") {
    Schedule schedule = good();
    schedule.priority = priority_min;
    schedule.catch_up_max = catch_up_max_max;
    schedule.catch_up_window = Seconds{0};
    schedule.queue_max = queue_max_max;
    schedule.jitter = policy_duration_max;
    schedule.max_runs = max_runs_max;
    schedule.concurrency = {"g", concurrency_limit_max};
    schedule.pause_after_failures = 1;
    schedule.retry.never_on_exit = {0, 255};
    schedule.exclude.assign(exclude_max, "2026-12-25");
    schedule.timeout = Seconds{0};
    schedule.hold = policy_duration_max;
    schedule.retry.attempts = retry_attempts_max;
    schedule.retry.backoff = schedule.retry.max_backoff;
    schedule.prompt.assign(prompt_bytes_max, 'x');
    schedule.name.assign(100, 'n');
    REQUIRE(first_error(schedule).empty());
}

TEST_CASE("inspection reports every broken rule, in the order of the fields", "[unit][schedule]") {
    Schedule schedule = good();
    schedule.name = "a b";
    schedule.cron = "61 * * * *";
    schedule.timezone = "Mars/Base";
    schedule.retry.attempts = -1;
    cron::ZoneCache zones;
    const Inspection inspection = inspect(schedule, zones);
    std::vector<std::string_view> fields;
    for (const Problem& problem : inspection.problems) fields.push_back(problem.field);
    REQUIRE(fields == std::vector<std::string_view>{"name", "cron", "timezone", "retry_attempts"});
    REQUIRE_FALSE(inspection.rule.has_value());
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

TEST_CASE("one conversation is gone on with by one task at a time", "[unit][schedule]") {
    Schedule schedule = good();
    schedule.conversation = Conversation::go_on;
    CHECK(first_error(schedule) == "");
    schedule.overlap = Overlap::allow;
    CHECK(first_error(schedule) ==
          "overlap: with `conversation: continue` only one task may run at a time; write "
          "queue_all, queue_one, skip or cancel_previous");
    schedule.overlap = Overlap::queue_all;
    CHECK(first_error(schedule) == "");
    schedule.while_waiting = WhileWaiting::allow;
    CHECK(first_error(schedule) == "while_waiting: with `conversation: continue` the next task "
                                   "waits for the answer, too; write skip");
}

TEST_CASE("a step continues the conversation of an earlier step", "[unit][schedule]") {
    Schedule chain = good();
    chain.steps.resize(2);
    chain.steps[0].name = "look";
    chain.steps[1].name = "mend";
    chain.steps[1].conversation = Conversation::go_on;
    CHECK(first_error(chain) == "");
    chain.steps[0].agent = "another";
    CHECK(first_error(chain) == "steps: step 'mend': conversation: no earlier step has the agent "
                                "'claude', so there is no conversation to continue");
    chain.steps[1].agent = "another";
    CHECK(first_error(chain) == "");
    chain.conversation = Conversation::go_on;
    CHECK_THAT(first_error(chain), Catch::StartsWith("conversation: a chain has no conversation "
                                                     "of its own; say it at a step"));
}
