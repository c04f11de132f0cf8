// Mistakes in whom to tell, and in the queries for an agent.
#include "reading.hpp"

using namespace agentcron::config;

namespace {

struct Case {
    std::string text;
    std::string errors;
};

std::string in_schedule(const std::string& keys) {
    return errors_of(Files{{"a.yaml", "schedules:\n  s: {cron: '@daily', agent: x, " + keys + "}"},
                           {"x.yaml", "agents: {x: {command: [x]}}"}});
}

} // namespace

TEST_CASE("mistakes of notify", "[unit][config]") {
    const std::vector<Case> cases{
        {"notify: {on: [failed]}", "a.yaml:2:33: notify needs the key 'command' or 'webhook'"},
        {"notify: {command: [x]}", "a.yaml:2:33: notify needs the key 'on'"},
        {"notify: {on: [], command: [x]}", "a.yaml:2:46: expected at least one of failed, "
                                           "waiting_for_input, recovered, paused, missed"},
        {"notify: {on: [failed], command: [x], webhook: 'https://x'}",
         "a.yaml:2:79: expected a command or a webhook, found both"},
        {"notify: {on: [failed], webhook: x}",
         "a.yaml:2:65: 'x' is no URL; expected one that starts with http:// or https://"},
        {"notify: {on: [failed], command: [x], reminders: 1h}",
         "a.yaml:2:81: expected a list of durations like [1h, 1d], found '1h'"},
        {"notify: {on: [failed], command: [x], reminders: [1h, 1w]}",
         "a.yaml:2:86: '1w' is not a duration: the units are d, h, m and s, like 1h30m"},
        {"notify: {on: [failed], command: [x], reminders: [0s]}",
         "a.yaml:2:82: expected 1s to 366d, found 0s"},
        {"notify: {on: [failed], command: [x], escalate: {command: [x]}}",
         "a.yaml:2:70: escalate needs the key 'after'"},
        {"notify: {on: [failed], command: [x], escalate: {after: 0s, command: [x]}}",
         "a.yaml:2:88: expected 1s to 366d, found 0s"},
    };
    for (const Case& each : cases) CHECK(in_schedule(each.text) == each.errors);
}

TEST_CASE("mistakes of context", "[unit][config]") {
    const std::vector<Case> cases{
        {"prompt: '{{context.a}}', context: {b: select 1}",
         "a.yaml:2:41: unknown value 'context.a'; known are schedule, fire_time, task_id, "
         "last_success_at, workspace, branch, context.b; did you mean 'context.b'?"},
        {"context: {b: 'select {{params.x}}'}",
         "a.yaml:2:54: unknown value 'params.x'; known are schedule, fire_time, task_id, "
         "last_success_at, workspace, branch"},
        {"context: {b: ''}", "a.yaml:2:42: the query 'b' is empty"},
        {"context: {b-c: select 1}",
         "a.yaml:2:42: 'b-c' cannot name a query; a name has 1 to 100 letters, digits or '_' and "
         "does not start with a digit"},
        {"context: {b: select 1}, steps: [{name: a}]",
         "a.yaml:2:42: a chain has no prompt of its own; give the queries to the steps that use "
         "them"},
    };
    for (const Case& each : cases) CHECK(in_schedule(each.text) == each.errors);
}
