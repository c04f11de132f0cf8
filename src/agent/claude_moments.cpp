#include "agent/json_text.hpp"
#include "agent/moments.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {
namespace json = boost::json;
namespace {

using Kind = Moment::Kind;
using Outcome = Moment::Outcome;

bool is_true(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_bool() && value->get_bool();
}

Moment other(std::string_view name) {
    Moment moment;
    moment.name = name;
    return moment;
}

Moment saying(Kind kind, std::string text) {
    Moment moment{.kind = kind};
    moment.text = std::move(text);
    return moment;
}

Moment call(const json::object& block) {
    const auto& input = object_member(block, "input");
    return {.kind = Kind::tool,
            .id = text_member(block, "id"),
            .name = text_member(block, "name"),
            .text = input_in_words(input),
            .input = json::serialize(input)};
}

// Refused, rather than tried and failed: the line says so beside the result.
bool was_refused(const json::object& line, std::string_view id) {
    for (const auto& value : array_member(line, "tool_result_meta")) {
        const auto* meta = value.if_object();
        if (!meta || text_member(*meta, "id") != id) continue;
        const auto& decision = object_member(*meta, "permission_decision");
        return text_member(decision, "decision") == "reject";
    }
    return false;
}

Moment call_end(const json::object& line, const json::object& block) {
    Moment moment{.kind = Kind::tool_end, .id = text_member(block, "tool_use_id")};
    moment.output = content_in_words(block, "content");
    if (is_true(block, "is_error"))
        moment.outcome = was_refused(line, moment.id) ? Outcome::denied : Outcome::failed;
    return moment;
}

// What an agent of its own says is not what it says itself.
Kind kind_of_words(const json::object& line) {
    return text_member(line, "parent_tool_use_id").empty() ? Kind::words : Kind::thought;
}

std::vector<Moment> of_message(const json::object& line, const json::object& message) {
    std::vector<Moment> moments;
    const bool by_agent = text_member(line, "type") == "assistant";
    for (const auto& value : array_member(message, "content")) {
        const auto* block = value.if_object();
        if (!block) continue;
        const auto type = text_member(*block, "type");
        if (type == "text" && by_agent)
            moments.push_back(saying(kind_of_words(line), text_member(*block, "text")));
        if (type == "thinking")
            moments.push_back(saying(Kind::thought, text_member(*block, "thinking")));
        if (type == "tool_use") moments.push_back(call(*block));
        if (type == "tool_result") moments.push_back(call_end(line, *block));
    }
    return moments;
}

Moment of_system(const json::object& line) {
    const auto subtype = text_member(line, "subtype");
    if (subtype == "api_retry") {
        const auto* status = line.if_contains("error_status");
        const auto code =
            status && status->is_number() ? fmt::format(" (HTTP {})", plain_text(*status)) : "";
        return saying(Kind::warning, fmt::format("the model's server: {}{}; trying again",
                                                 text_member(line, "error"), code));
    }
    if (subtype == "permission_denied") {
        auto moment = saying(Kind::denied, text_member(line, "message"));
        moment.id = text_member(line, "tool_use_id");
        moment.name = text_member(line, "tool_name");
        return moment;
    }
    auto moment = other("system");
    moment.text = subtype;
    return moment;
}

Moment question(const json::object& line) {
    const auto& request = object_member(line, "request");
    const auto& input = object_member(request, "input");
    const bool is_hook = input.contains("tool_input");
    auto moment = saying(Kind::question,
                         input_in_words(is_hook ? object_member(input, "tool_input") : input));
    if (moment.text.empty()) moment.text = text_member(request, "message");
    moment.name = text_member(is_hook ? input : request, "tool_name");
    if (moment.name.empty()) moment.name = text_member(request, "mcp_server_name");
    return moment;
}

Moment result(const json::object& line) {
    const bool ok = text_member(line, "subtype") == "success" && !is_true(line, "is_error");
    auto text = text_member(line, "result");
    const auto& errors = array_member(line, "errors");
    if (text.empty() && !errors.empty()) text = plain_text(errors.front());
    if (text.empty() && !ok) text = text_member(line, "subtype");
    auto moment = saying(ok ? Kind::result : Kind::failure, std::move(text));
    moment.name = "result";
    return moment;
}

} // namespace

std::vector<Moment> claude_moments(const json::object& line) {
    const auto type = text_member(line, "type");
    if (const auto* message = find_object(line, "message")) return of_message(line, *message);
    if (type == "system") return {of_system(line)};
    if (type == "control_request") return {question(line)};
    if (type == "result") return {result(line)};
    if (type == "rate_limit_event") {
        const auto status = text_member(object_member(line, "rate_limit_info"), "status");
        if (!status.empty() && status != "allowed")
            return {saying(Kind::warning, "the usage limit: " + status)};
    }
    return {other(type)};
}

} // namespace agentcron::agent
