#include "db/policies_json.hpp"

#include "base/json_members.hpp"
#include "base/text.hpp"
#include "schedule/limits.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <span>
#include <spdlog/fmt/fmt.h>

namespace agentcron::db {
namespace {

namespace json = boost::json;
using schedule::Step;

constexpr std::array<std::string_view, 3> success_members{"exit_codes", "result", "check"};
constexpr std::array<std::string_view, 6> notify_members{"on",          "command",   "webhook",
                                                         "secret_file", "reminders", "escalate"};
constexpr std::array<std::string_view, 4> escalate_members{"after", "command", "webhook",
                                                           "secret_file"};
constexpr std::array<std::string_view, 6> retry_members{"attempts", "backoff", "max_backoff",
                                                        "jitter",   "on",      "never_on_exit"};
constexpr std::array<std::string_view, 3> budget_members{"cost_usd", "turns", "tokens"};
constexpr std::array<std::string_view, 4> schedule_budget_members{"cost_usd", "turns", "tokens",
                                                                  "per_day"};
constexpr std::array<std::string_view, 17> step_members{
    "name",          "conversation",     "agent",   "prompt",
    "params",        "context",          "timeout", "hold",
    "total_timeout", "stall_timeout",    "retry",   "success",
    "input_timeout", "on_input_timeout", "on_lost", "max_limit_waits",
    "budget"};

// A misspelt member would be a policy that silently does not hold.
std::string unknown_member(const json::object& object, std::span<const std::string_view> known,
                           std::string_view path) {
    for (const auto& member : object) {
        const std::string_view key = member.key();
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        std::string advice = base::did_you_mean(key, known);
        if (advice.empty()) advice = fmt::format("; expected {}", fmt::join(known, ", "));
        return fmt::format("unknown member '{}{}'{}", path, base::one_line(key, 60), advice);
    }
    return "";
}

std::string parse(std::string_view text, json::value& value) {
    boost::system::error_code malformed;
    json::parse_options options;
    options.max_depth = 256; // params are the user's
    value = json::parse(text, malformed, {}, options);
    return malformed ? fmt::format("not JSON that can be read: {}", malformed.message()) : "";
}

std::string read_object(std::string_view text, json::object& object) {
    json::value value;
    if (auto error = parse(text, value); !error.empty()) return error;
    if (!value.is_object()) return "expected an object";
    object = std::move(value.get_object());
    return "";
}

std::string success_from(const json::object& object, std::string_view path,
                         schedule::Success& success) {
    if (auto error = unknown_member(object, success_members, path); !error.empty()) return error;
    base::JsonMembers members(object, path);
    members.read("exit_codes", success.exit_codes);
    members.read("result", success.result);
    members.read("check", success.check);
    return members.error();
}

std::string retry_from(const json::object& object, schedule::Retry& retry) {
    if (auto error = unknown_member(object, retry_members, "retry."); !error.empty()) return error;
    base::JsonMembers members(object, "retry.");
    members.read("attempts", retry.attempts);
    members.read("backoff", retry.backoff);
    members.read("max_backoff", retry.max_backoff);
    members.read("jitter", retry.jitter);
    members.read("never_on_exit", retry.never_on_exit);
    const json::value* on = object.if_contains("on");
    if (on && !on->is_null()) members.read("on", retry.on.emplace());
    return members.error();
}

std::string budget_from(const json::object& object, std::string_view path,
                        schedule::Budget& budget) {
    base::JsonMembers members(object, path);
    members.read("cost_usd", budget.cost_usd);
    members.read("turns", budget.turns);
    members.read("tokens", budget.tokens);
    return members.error();
}

json::object to_json(const schedule::Budget& budget) {
    json::object object;
    if (budget.cost_usd) object["cost_usd"] = *budget.cost_usd;
    if (budget.turns) object["turns"] = *budget.turns;
    if (budget.tokens) object["tokens"] = *budget.tokens;
    return object;
}

// A text that is one of an enum's names; gives what is wrong.
template <class Enum>
std::string choice_from(std::string_view key, const std::string& text,
                        std::optional<Enum> (*from)(std::string_view),
                        std::span<const std::string_view> names, Enum& target) {
    const auto known = from(text);
    if (!known) return fmt::format("{} must be one of {}", key, fmt::join(names, ", "));
    target = *known;
    return "";
}

std::string step_from(const json::object& object, Step& step) {
    if (auto error = unknown_member(object, step_members, ""); !error.empty()) return error;
    json::object params, budget, retry, success;
    std::string on_input_timeout(schedule::name(step.on_input_timeout));
    std::string on_lost(schedule::name(step.on_lost));
    std::string conversation(schedule::name(step.conversation));
    base::JsonMembers members(object);
    members.read("name", step.name);
    members.read("agent", step.agent);
    members.read("prompt", step.prompt);
    members.read("params", params);
    members.read("context", step.context);
    members.read("timeout", step.timeout);
    members.read("hold", step.hold);
    members.read("total_timeout", step.total_timeout);
    members.read("stall_timeout", step.stall_timeout);
    members.read("input_timeout", step.input_timeout);
    members.read("on_input_timeout", on_input_timeout);
    members.read("on_lost", on_lost);
    members.read("conversation", conversation);
    auto limit_waits = static_cast<std::uint64_t>(step.max_limit_waits);
    members.read("max_limit_waits", limit_waits);
    members.read("budget", budget);
    members.read("retry", retry);
    members.read("success", success);
    if (!members.error().empty()) return members.error();
    // What does not fit is out of its range, too.
    step.max_limit_waits =
        static_cast<int>(std::min<std::uint64_t>(limit_waits, schedule::limit_waits_max + 1));
    step.params_json = json::serialize(params);
    if (auto error =
            choice_from("on_input_timeout", on_input_timeout, schedule::on_input_timeout_from,
                        schedule::on_input_timeout_names(), step.on_input_timeout);
        !error.empty())
        return error;
    if (auto error = choice_from("on_lost", on_lost, schedule::on_lost_from,
                                 schedule::on_lost_names(), step.on_lost);
        !error.empty())
        return error;
    if (auto error = choice_from("conversation", conversation, schedule::conversation_from,
                                 schedule::conversation_names(), step.conversation);
        !error.empty())
        return error;
    if (auto error = unknown_member(budget, budget_members, "budget."); !error.empty())
        return error;
    if (auto error = budget_from(budget, "budget.", step.budget); !error.empty()) return error;
    if (auto error = retry_from(retry, step.retry); !error.empty()) return error;
    return success_from(success, "success.", step.success);
}

json::object to_json(const schedule::Retry& retry) {
    const schedule::Retry usual;
    json::object object;
    if (retry.attempts != usual.attempts) object["attempts"] = retry.attempts;
    if (retry.backoff != usual.backoff) object["backoff"] = retry.backoff.count();
    if (retry.max_backoff != usual.max_backoff) object["max_backoff"] = retry.max_backoff.count();
    if (retry.jitter != usual.jitter) object["jitter"] = retry.jitter;
    if (retry.on) object["on"] = json::value_from(*retry.on);
    if (!retry.never_on_exit.empty())
        object["never_on_exit"] = json::value_from(retry.never_on_exit);
    return object;
}

json::object to_json(const Step& step) {
    const Step usual;
    json::object object{{"name", step.name}};
    const auto add_seconds = [&](std::string_view key, base::Seconds value, base::Seconds normal) {
        if (value != normal) object[key] = value.count();
    };
    if (!step.agent.empty()) object["agent"] = step.agent;
    if (!step.prompt.empty()) object["prompt"] = step.prompt;
    if (step.params_json != usual.params_json) object["params"] = json::parse(step.params_json);
    if (!step.context.empty()) object["context"] = db::to_json(step.context);
    add_seconds("timeout", step.timeout, usual.timeout);
    add_seconds("hold", step.hold, usual.hold);
    add_seconds("total_timeout", step.total_timeout, usual.total_timeout);
    add_seconds("stall_timeout", step.stall_timeout, usual.stall_timeout);
    add_seconds("input_timeout", step.input_timeout, usual.input_timeout);
    if (step.on_input_timeout != usual.on_input_timeout)
        object["on_input_timeout"] = schedule::name(step.on_input_timeout);
    if (step.on_lost != usual.on_lost) object["on_lost"] = schedule::name(step.on_lost);
    if (step.conversation != usual.conversation)
        object["conversation"] = schedule::name(step.conversation);
    if (step.max_limit_waits != usual.max_limit_waits)
        object["max_limit_waits"] = step.max_limit_waits;
    if (step.budget != usual.budget) object["budget"] = to_json(step.budget);
    if (step.retry != usual.retry) object["retry"] = to_json(step.retry);
    if (step.success != usual.success) object["success"] = db::to_json(step.success);
    return object;
}

template <class Target>
void add_target(json::object& object, const Target& target) {
    if (!target.command.empty()) object["command"] = json::value_from(target.command);
    if (!target.webhook.empty()) object["webhook"] = target.webhook;
    if (!target.secret_file.empty()) object["secret_file"] = target.secret_file;
}

template <class Target>
void read_target(base::JsonMembers& members, Target& target) {
    members.read("command", target.command);
    members.read("webhook", target.webhook);
    members.read("secret_file", target.secret_file);
}

std::string escalation_from(const json::object& object, schedule::Escalation& escalation) {
    if (auto error = unknown_member(object, escalate_members, "escalate."); !error.empty())
        return error;
    base::JsonMembers members(object, "escalate.");
    members.read("after", escalation.after);
    read_target(members, escalation);
    return members.error();
}

} // namespace

json::object to_json(const std::vector<std::pair<std::string, std::string>>& context) {
    json::object object;
    for (const auto& [name, query] : context) object[name] = query;
    return object;
}

json::object to_json(const schedule::Success& success) {
    const schedule::Success usual;
    json::object object;
    if (success.exit_codes != usual.exit_codes)
        object["exit_codes"] = json::value_from(success.exit_codes);
    if (success.result != usual.result) object["result"] = success.result;
    if (!success.check.empty()) object["check"] = json::value_from(success.check);
    return object;
}

json::object to_json(const schedule::Notify& notify) {
    json::object object{{"on", json::value_from(notify.on)}};
    add_target(object, notify);
    for (const base::Seconds wait : notify.reminders) {
        auto& list = object.emplace("reminders", json::array()).first->value().get_array();
        list.push_back(wait.count());
    }
    if (notify.escalate) {
        json::object escalate{{"after", notify.escalate->after.count()}};
        add_target(escalate, *notify.escalate);
        object["escalate"] = std::move(escalate);
    }
    return object;
}

json::object to_json(const schedule::Budget& budget, const schedule::Budget& per_day) {
    json::object object = to_json(budget);
    if (per_day != schedule::Budget{}) object["per_day"] = to_json(per_day);
    return object;
}

json::array to_json(const std::vector<Step>& steps) {
    json::array array;
    for (const Step& step : steps) array.push_back(to_json(step));
    return array;
}

std::string read_context(std::string_view text,
                         std::vector<std::pair<std::string, std::string>>& context) {
    json::object object;
    if (auto error = read_object(text, object); !error.empty()) return error;
    for (const auto& member : object) {
        if (!member.value().is_string())
            return fmt::format("expected the text of a query as the value of '{}'",
                               base::one_line(member.key(), 60));
        context.emplace_back(member.key(), member.value().get_string());
    }
    return "";
}

std::string read_success(std::string_view text, schedule::Success& success) {
    json::object object;
    if (auto error = read_object(text, object); !error.empty()) return error;
    return success_from(object, "", success);
}

std::string read_budget(std::string_view text, schedule::Budget& budget,
                        schedule::Budget& per_day) {
    json::object object, day;
    if (auto error = read_object(text, object); !error.empty()) return error;
    if (auto error = unknown_member(object, schedule_budget_members, ""); !error.empty())
        return error;
    base::JsonMembers members(object);
    members.read("per_day", day);
    if (!members.error().empty()) return members.error();
    if (auto error = unknown_member(day, budget_members, "per_day."); !error.empty()) return error;
    if (auto error = budget_from(object, "", budget); !error.empty()) return error;
    return budget_from(day, "per_day.", per_day);
}

std::string read_notify(std::string_view text, schedule::Notify& notify) {
    json::object object;
    if (auto error = read_object(text, object); !error.empty()) return error;
    if (auto error = unknown_member(object, notify_members, ""); !error.empty()) return error;
    base::JsonMembers members(object);
    std::vector<int> reminders;
    json::object escalate;
    members.read("on", notify.on);
    read_target(members, notify);
    members.read("reminders", reminders);
    members.read("escalate", escalate);
    if (!members.error().empty()) return members.error();
    for (const int seconds : reminders) notify.reminders.emplace_back(seconds);
    const json::value* has_escalate = object.if_contains("escalate");
    if (!has_escalate || has_escalate->is_null()) return "";
    return escalation_from(escalate, notify.escalate.emplace());
}

std::string read_steps(std::string_view text, std::vector<Step>& steps) {
    json::value value;
    if (auto error = parse(text, value); !error.empty()) return error;
    if (!value.is_array()) return "expected a list";
    for (const json::value& element : value.get_array()) {
        const std::size_t number = steps.size() + 1;
        if (!element.is_object()) return fmt::format("step {}: expected an object", number);
        if (auto error = step_from(element.get_object(), steps.emplace_back()); !error.empty())
            return fmt::format("step {}: {}", number, error);
    }
    return "";
}

} // namespace agentcron::db
