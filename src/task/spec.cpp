#include "task/spec.hpp"

#include "base/json_members.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <limits>
#include <spdlog/fmt/fmt.h>

namespace agentcron::task {

namespace {

namespace json = boost::json;

// Said explicitly, for an aggregate that starts with a string can be made from one too.
base::Result<Spec, std::string> wrong(std::string message) {
    return {boost::system::in_place_error, std::move(message)};
}

constexpr std::array<std::string_view, 3> on_input_timeout_names{"fail", "default", "continue"};
constexpr std::array<std::string_view, 3> on_lost_names{"retry", "fail", "ask"};

json::object to_object(const RetryPolicy& retry) {
    json::object object{{"attempts", retry.attempts},
                        {"backoff", retry.backoff.count()},
                        {"max_backoff", retry.max_backoff.count()},
                        {"jitter", retry.jitter},
                        {"never_on_exit", json::value_from(retry.never_on_exit)}};
    if (retry.on) {
        json::array reasons;
        for (const Reason reason : *retry.on) reasons.emplace_back(name(reason));
        object["on"] = std::move(reasons);
    }
    return object;
}

// "" = all is well.
std::string read_retry(const json::object& object, RetryPolicy& retry) {
    std::vector<std::string> on;
    base::JsonMembers members(object, "retry.");
    members.read("attempts", retry.attempts);
    members.read("backoff", retry.backoff);
    members.read("max_backoff", retry.max_backoff);
    members.read("jitter", retry.jitter);
    members.read("never_on_exit", retry.never_on_exit);
    members.read("on", on);
    if (!members.error().empty()) return members.error();
    const json::value* given = object.if_contains("on");
    if (!given || given->is_null()) return "";
    retry.on.emplace();
    for (const std::string& text : on) {
        const auto reason = reason_from(text);
        if (!reason || !allows(Status::failed, *reason))
            return fmt::format("retry.on: '{}' is no reason of a failure", text);
        retry.on->push_back(*reason);
    }
    return "";
}

std::string read_success(const json::object& object, Success& success) {
    base::JsonMembers members(object, "success.");
    members.read("exit_codes", success.exit_codes);
    members.read("result", success.result);
    members.read("check", success.check);
    return members.error();
}

json::object to_object(const Queries& queries) {
    json::object object;
    for (const auto& [name, text] : queries) object[name] = text;
    return object;
}

} // namespace

std::string_view name(OnInputTimeout value) {
    return on_input_timeout_names.at(static_cast<std::size_t>(value));
}

std::optional<OnInputTimeout> on_input_timeout_from(std::string_view text) {
    for (const auto value :
         {OnInputTimeout::fail, OnInputTimeout::use_default, OnInputTimeout::go_on})
        if (name(value) == text) return value;
    return std::nullopt;
}

std::string_view name(OnLost value) {
    return on_lost_names.at(static_cast<std::size_t>(value));
}

std::optional<OnLost> on_lost_from(std::string_view text) {
    for (const auto value : {OnLost::retry, OnLost::fail, OnLost::ask})
        if (name(value) == text) return value;
    return std::nullopt;
}

std::string to_json(const Spec& spec) {
    return json::serialize(json::object{
        {"prompt", spec.prompt},
        {"params", spec.params},
        {"context", to_object(spec.context)},
        {"timeout", spec.timeout.count()},
        {"hold", spec.hold.count()},
        {"total_timeout", spec.total_timeout.count()},
        {"stall_timeout", spec.stall_timeout.count()},
        {"queue_timeout", spec.queue_timeout.count()},
        {"input_timeout", spec.input_timeout.count()},
        {"on_input_timeout", name(spec.on_input_timeout)},
        {"on_lost", name(spec.on_lost)},
        {"conversation", spec.continues_conversation ? "continue" : "fresh"},
        {"max_limit_waits", spec.max_limit_waits},
        {"budget", to_object(spec.budget)},
        {"retry", to_object(spec.retry)},
        {"success",
         {{"exit_codes", json::value_from(spec.success.exit_codes)},
          {"result", spec.success.result},
          {"check", json::value_from(spec.success.check)}}},
    });
}

base::Result<Spec, std::string> spec_from_json(std::string_view text) {
    boost::system::error_code malformed;
    json::parse_options options;
    options.max_depth = 256; // params are the user's
    const json::value value = json::parse(text, malformed, {}, options);
    if (malformed) return wrong(fmt::format("the spec is not JSON: {}", malformed.message()));
    if (!value.is_object()) return wrong("the spec must be a JSON object");

    Spec spec;
    json::object budget, retry, success;
    std::string on_input_timeout(name(spec.on_input_timeout));
    std::string on_lost(name(spec.on_lost));
    base::JsonMembers members(value.get_object());
    members.read("prompt", spec.prompt);
    members.read("params", spec.params);
    members.read("context", spec.context);
    members.read("timeout", spec.timeout);
    members.read("hold", spec.hold);
    members.read("total_timeout", spec.total_timeout);
    members.read("stall_timeout", spec.stall_timeout);
    members.read("queue_timeout", spec.queue_timeout);
    members.read("input_timeout", spec.input_timeout);
    members.read("on_input_timeout", on_input_timeout);
    members.read("on_lost", on_lost);
    std::string conversation = "fresh";
    members.read("conversation", conversation);
    auto limit_waits = static_cast<std::uint64_t>(spec.max_limit_waits);
    members.read("max_limit_waits", limit_waits);
    members.read("budget", budget);
    members.read("retry", retry);
    members.read("success", success);
    if (!members.error().empty()) return wrong(members.error());
    constexpr std::uint64_t most = std::numeric_limits<int>::max();
    spec.max_limit_waits = static_cast<int>(std::min(limit_waits, most));
    const auto on = on_input_timeout_from(on_input_timeout);
    if (!on)
        return wrong(fmt::format("on_input_timeout must be one of {}",
                                 fmt::join(on_input_timeout_names, ", ")));
    spec.on_input_timeout = *on;
    const auto lost = on_lost_from(on_lost);
    if (!lost)
        return wrong(fmt::format("on_lost must be one of {}", fmt::join(on_lost_names, ", ")));
    spec.on_lost = *lost;
    spec.continues_conversation = conversation == "continue";
    if (!spec.continues_conversation && conversation != "fresh")
        return wrong("conversation must be one of fresh, continue");
    auto limits = budget_from(budget);
    if (!limits) return wrong(limits.error());
    spec.budget = *limits;
    if (auto error = read_retry(retry, spec.retry); !error.empty()) return wrong(error);
    if (auto error = read_success(success, spec.success); !error.empty()) return wrong(error);
    return spec;
}

} // namespace agentcron::task
