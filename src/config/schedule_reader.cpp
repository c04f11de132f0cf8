#include "config/schedule_reader.hpp"

#include "config/declarations.hpp"
#include "config/params.hpp"
#include "config/scalar_position.hpp"
#include "task/prompt.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::config {
namespace {

namespace json = boost::json;
using schedule::Schedule;

void read_retry(MapReader& reader, schedule::Retry& retry) {
    reader.read("attempts", retry.attempts);
    reader.read("backoff", retry.backoff);
    reader.read("max_backoff", retry.max_backoff);
    reader.read("jitter", retry.jitter);
    std::vector<std::string> on;
    reader.read("on", on);
    if (reader.value("on")) retry.on = std::move(on);
    reader.read("never_on_exit", retry.never_on_exit);
}

void read_success(MapReader& reader, schedule::Success& success) {
    reader.read("exit_code", success.exit_codes);
    std::string result = "optional";
    reader.read("result", result);
    success.result = result == "required";
    reader.read("check", success.check);
    if (reader.value("check") && success.check.empty())
        reader.fail("check", "expected a program and its arguments; found no program");
}

void read_budget(MapReader& reader, schedule::Budget& budget) {
    reader.read("cost_usd", budget.cost_usd);
    reader.read("turns", budget.turns);
    reader.read("tokens", budget.tokens);
}

// Of notify or of its escalate.
template <class Target>
void read_target(MapReader& reader, const OpenFile& file, std::string_view home, Target& target) {
    reader.read("command", target.command);
    reader.read("webhook", target.webhook);
    read_path(reader, "secret_file", file, home, target.secret_file);
    if (reader.has("command") && reader.has("webhook"))
        reader.fail("webhook", "expected a command or a webhook, found both");
}

void read_policies(MapReader& reader, Schedule& schedule) {
    reader.read("enabled", schedule.enabled);
    reader.read("priority", schedule.priority);
    reader.read("overlap", schedule.overlap, schedule::overlap_from);
    reader.read("queue_max", schedule.queue_max);
    reader.read("while_waiting", schedule.while_waiting, schedule::while_waiting_from);
    reader.read("catch_up", schedule.catch_up, schedule::catch_up_from);
    reader.read("catch_up_window", schedule.catch_up_window);
    reader.read("catch_up_max", schedule.catch_up_max);
    reader.read("jitter", schedule.jitter);
    reader.read("max_runs", schedule.max_runs);
    reader.read("queue_timeout", schedule.queue_timeout);
    reader.read("pause_after_failures", schedule.pause_after_failures);
    reader.read("heartbeat", schedule.heartbeat_url);
    reader.read("after", schedule.after);
}

// A step has what its schedule says, unless it says otherwise; what the whole chain is or proves is
// not a step's.
schedule::Step step_of(const Schedule& schedule) {
    schedule::Step step;
    step.timeout = schedule.timeout;
    step.hold = schedule.hold;
    step.stall_timeout = schedule.stall_timeout;
    step.input_timeout = schedule.input_timeout;
    step.on_input_timeout = schedule.on_input_timeout;
    step.on_lost = schedule.on_lost;
    step.max_limit_waits = schedule.max_limit_waits;
    step.retry = schedule.retry;
    return step;
}

// Where a column stands in YAML, when it has not its own name at the schedule's level.
struct Place {
    std::string_view field;
    std::string_view member; // of the column's JSON
    std::string_view map;    // "" = the schedule itself
    std::string_view key;
};
constexpr std::array<Place, 21> places{{
    {"retry_attempts", "", "retry", "attempts"},
    {"retry_backoff", "", "retry", "backoff"},
    {"retry_max_backoff", "", "retry", "max_backoff"},
    {"retry_jitter", "", "retry", "jitter"},
    {"retry_on", "", "retry", "on"},
    {"retry_never_on_exit", "", "retry", "never_on_exit"},
    {"success", "exit_codes", "success", "exit_code"},
    {"success", "result", "success", "result"},
    {"success", "check", "success", "check"},
    {"concurrency_group", "", "concurrency", "group"},
    {"concurrency_limit", "", "concurrency", "limit"},
    {"notify", "on", "notify", "on"},
    {"notify", "command", "notify", "command"},
    {"notify", "webhook", "notify", "webhook"},
    {"notify", "secret_file", "notify", "secret_file"},
    {"notify", "reminders", "notify", "reminders"},
    {"notify", "escalate.after", "escalate", "after"},
    {"notify", "escalate.command", "escalate", "command"},
    {"notify", "escalate.webhook", "escalate", "webhook"},
    {"notify", "escalate.secret_file", "escalate", "secret_file"},
    {"heartbeat_url", "", "", "heartbeat"},
}};

Place place_of(const schedule::Problem& problem) {
    for (const Place& place : places)
        if (place.field == problem.field && place.member == problem.member) return place;
    return {problem.field, "", "", problem.field};
}

void report_at(MapReader& reader, std::string_view key, const schedule::Problem& problem) {
    if (problem.item)
        reader.fail_item(key, *problem.item, problem.message);
    else
        reader.fail(key, problem.message, problem.offset);
}

} // namespace

// The template is checked against the parameters only where those are known.
std::optional<json::object> ExecutionReader::read(OpenFile& file, const json::object* outer,
                                                  schedule::Execution& execution) {
    top.read("prompt", execution.prompt);
    auto params = params_to_json(top.entries("params"), file.source, file.errors);
    if (top.has("params") && !top.value("params")) params.reset();
    if (params) {
        execution.params_json = json::serialize(*params);
        if (outer) params->insert(outer->begin(), outer->end()); // its own ones win
    }
    top.read("context", execution.context);
    if (params && outer) check_templates(file, *params, execution);
    top.read("timeout", execution.timeout);
    top.read("hold", execution.hold);
    top.read("total_timeout", execution.total_timeout);
    top.read("stall_timeout", execution.stall_timeout);
    top.read("input_timeout", execution.input_timeout);
    top.read("on_input_timeout", execution.on_input_timeout, schedule::on_input_timeout_from);
    top.read("on_lost", execution.on_lost, schedule::on_lost_from);
    top.read("conversation", execution.conversation, schedule::conversation_from);
    top.read("max_limit_waits", execution.max_limit_waits);
    if (auto budget = top.object("budget")) read_budget(*budget, execution.budget);
    retry = top.object("retry");
    if (retry) read_retry(*retry, execution.retry);
    success = top.object("success");
    if (success) read_success(*success, execution.success);
    return params;
}

void ExecutionReader::check_templates(OpenFile& file, const json::object& params,
                                      const schedule::Execution& execution) {
    const auto report = [&](const Node& node, const std::vector<task::PromptError>& errors) {
        for (const task::PromptError& error : errors)
            file.errors.add(file.source,
                            offset_of_part(file.source, node.offset, node.text, error.offset),
                            error.message);
    };
    if (const Node* prompt = top.value("prompt"))
        report(*prompt, task::check_prompt(execution.prompt, params, nullptr, execution.context));
    for (const Entry& query : top.entries("context"))
        report(*query.value, task::check_query(query.value->text, params));
}

void ScheduleReader::read(OpenFile& file, std::string_view home, Schedule& schedule) {
    MapReader& top = own.top;
    top.read("cron", schedule.cron);
    top.read("timezone", schedule.timezone);
    top.read("agent", schedule.agent);
    const json::object none;
    const auto params = own.read(file, &none, schedule);
    read_policies(top, schedule);
    if (auto budget = top.object("budget"))
        if (auto per_day = budget->object("per_day")) read_budget(*per_day, schedule.day_budget);
    concurrency = top.object("concurrency");
    if (concurrency) {
        concurrency->read("group", schedule.concurrency.group);
        concurrency->read("limit", schedule.concurrency.limit);
        if (concurrency->value("group") && schedule.concurrency.group.empty())
            concurrency->fail("group", "expected a name, found an empty text");
    }
    read_notify(file, home, schedule);
    read_steps(file, params ? &*params : nullptr, schedule);
}

void ScheduleReader::read_notify(OpenFile& file, std::string_view home, Schedule& schedule) {
    notify = own.top.object("notify");
    if (!notify) return;
    schedule::Notify& target = schedule.notify.emplace();
    notify->read("on", target.on);
    read_target(*notify, file, home, target);
    notify->read("reminders", target.reminders);
    escalate = notify->object("escalate");
    if (!escalate) return;
    escalate->read("after", target.escalate.emplace().after);
    read_target(*escalate, file, home, *target.escalate);
}

void ScheduleReader::read_steps(OpenFile& file, const json::object* params, Schedule& schedule) {
    for (MapReader& map : own.top.objects("steps")) {
        schedule::Step& step = schedule.steps.emplace_back(step_of(schedule));
        ExecutionReader& reader = steps.emplace_back(std::move(map));
        reader.top.read("name", step.name);
        reader.top.read("agent", step.agent);
        reader.read(file, params, step);
    }
    if (own.top.value("steps") && schedule.steps.empty())
        own.top.fail("steps", "expected at least one step");
}

void ScheduleReader::report(const schedule::Problem& problem) {
    ExecutionReader& reader = problem.step ? steps.at(*problem.step) : own;
    const Place place = place_of(problem);
    if (place.map.empty()) {
        // Who is missing was told already, but for an agent that neither step nor schedule names.
        const bool nobody = problem.step && place.key == "agent" && !reader.top.has("agent");
        if (nobody) return reader.top.fail_map(problem.message);
        return report_at(reader.top, place.key, problem);
    }
    std::optional<MapReader>& map = place.map == "retry"         ? reader.retry
                                    : place.map == "success"     ? reader.success
                                    : place.map == "concurrency" ? concurrency
                                    : place.map == "escalate"    ? escalate
                                                                 : notify;
    if (!map) return; // a step that inherits its schedule's mistake, which is told there
    // Too short a default for the backoff that was set is the set one's mistake.
    const bool by_default = problem.field == "retry_max_backoff" && !map->has(place.key);
    report_at(*map, by_default ? "backoff" : place.key, problem);
}

} // namespace agentcron::config
