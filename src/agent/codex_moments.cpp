#include "agent/codex_words.hpp"
#include "agent/json_text.hpp"
#include "agent/moments.hpp"

#include <array>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {
namespace json = boost::json;
namespace {

using Kind = Moment::Kind;
using Outcome = Moment::Outcome;

Moment saying(Kind kind, std::string text) {
    Moment moment{.kind = kind};
    moment.text = std::move(text);
    return moment;
}

Moment other(std::string_view name) {
    Moment moment;
    moment.name = name;
    return moment;
}

// The app-server spells members in camelCase, `exec` with underscores.
std::string text_of_either(const json::object& object, std::string_view one,
                           std::string_view another) {
    auto text = text_member(object, one);
    return text.empty() ? text_member(object, another) : text;
}

std::string paths_of(const json::object& item) {
    std::string paths;
    for (const auto& change : array_member(item, "changes"))
        if (const auto* object = change.if_object())
            paths += (paths.empty() ? "" : ", ") + text_member(*object, "path");
    return paths;
}

std::string member_as_json(const json::object& item, std::string_view member) {
    const auto* value = item.if_contains(member);
    return value && !value->is_null() ? json::serialize(*value) : "";
}

// What is called, by the item's type; no name: no call of a tool.
Moment call_of(const json::object& item, std::string_view type) {
    Moment call{.kind = Kind::tool, .id = text_member(item, "id")};
    if (type == "commandExecution" || type == "command_execution") {
        call.name = "command";
        call.text = text_member(item, "command");
        call.output = text_of_either(item, "aggregatedOutput", "aggregated_output");
        call.input = member_as_json(item, "command");
    } else if (type == "fileChange" || type == "file_change") {
        call.name = "edit";
        call.text = paths_of(item);
        call.input = member_as_json(item, "changes");
    } else if (type == "mcpToolCall" || type == "mcp_tool_call") {
        const auto* arguments = find_object(item, "arguments");
        call.name = text_member(item, "server") + "." + text_member(item, "tool");
        call.text = arguments ? input_in_words(*arguments) : "";
        call.input = member_as_json(item, "arguments");
        call.output = content_in_words(object_member(item, "result"), "content");
        if (call.output.empty()) call.output = text_member(object_member(item, "error"), "message");
    } else if (type == "webSearch" || type == "web_search") {
        call.name = "search";
        call.text = text_member(item, "query");
    } else if (type == "dynamicToolCall") {
        call.name = text_member(item, "tool");
        call.input = member_as_json(item, "arguments");
    }
    return call;
}

std::string reasoning_of(const json::object& item) {
    if (auto text = text_member(item, "text"); !text.empty()) return text;
    std::string text;
    for (const auto* member : {"summary", "content"})
        for (const auto& part : array_member(item, member)) {
            if (!text.empty()) text += '\n';
            text += part.is_string()   ? plain_text(part)
                    : part.is_object() ? text_member(part.get_object(), "text")
                                       : "";
        }
    return text;
}

std::vector<Moment> of_item(const json::object& item, bool ended) {
    const auto type = text_member(item, "type");
    if (type == "agentMessage" || type == "agent_message") {
        if (!ended) return {};
        auto words = saying(Kind::words, text_member(item, "text"));
        words.id = text_member(item, "id");
        return {words};
    }
    if (type == "reasoning") {
        auto text = ended ? reasoning_of(item) : "";
        if (text.empty()) return {};
        return {saying(Kind::thought, std::move(text))};
    }
    if (type == "error") return {saying(Kind::warning, text_member(item, "message"))};
    auto call = call_of(item, type);
    if (call.name.empty()) return {other(type)};
    if (!ended) return {call};
    call.kind = Kind::tool_end;
    const auto status = text_member(item, "status");
    if (status == "failed") call.outcome = Outcome::failed;
    if (status == "declined") call.outcome = Outcome::denied;
    const auto* took = item.if_contains("durationMs");
    if (took && took->is_number()) call.seconds = took->to_number<double>() / 1000;
    return {call};
}

Moment question(std::string_view method, const json::object& params) {
    std::string text = text_member(params, "command");
    for (const auto* member : {"reason", "message"})
        if (text.empty()) text = text_member(params, member);
    for (const auto& one : array_member(params, "questions"))
        if (const auto* object = one.if_object(); object && text.empty())
            text = text_member(*object, "question");
    auto moment = saying(Kind::question, std::move(text));
    moment.name = method;
    return moment;
}

// What a turn's end says: nothing, or why it failed.
Moment turn_end(const json::object& turn) {
    const auto* error = turn.if_contains("error");
    if (!error || error->is_null()) return other("result");
    return saying(Kind::failure, codex::failure_in_words(*error));
}

std::vector<Moment> of_notification(std::string_view method, const json::object& params) {
    const auto* item = find_object(params, "item");
    if (item && method.starts_with("item/")) return of_item(*item, method == "item/completed");
    if (method == "item/agentMessage/delta") {
        auto piece = saying(Kind::words_piece, text_member(params, "delta"));
        piece.id = text_member(params, "itemId");
        return {piece};
    }
    if (method == "warning") return {saying(Kind::warning, text_member(params, "message"))};
    if (method == "configWarning") return {saying(Kind::warning, text_member(params, "summary"))};
    if (method == "error") {
        const auto* error = params.if_contains("error");
        if (error) return {saying(Kind::warning, codex::failure_in_words(*error))};
    }
    if (method == "turn/completed") return {turn_end(object_member(params, "turn"))};
    return {other(method)};
}

} // namespace

std::vector<Moment> codex_moments(const json::object& line) {
    const auto method = text_member(line, "method");
    if (!method.empty() && line.contains("id"))
        return {question(method, object_member(line, "params"))};
    if (!method.empty()) return of_notification(method, object_member(line, "params"));
    const auto type = text_member(line, "type");
    if (const auto* item = find_object(line, "item"))
        return of_item(*item, type == "item.completed");
    if (type == "turn.failed") return {turn_end(line)};
    if (type == "error") return {saying(Kind::warning, text_member(line, "message"))};
    if (const auto* error = line.if_contains("error"); error && type.empty())
        return {saying(Kind::failure, codex::failure_in_words(*error))};
    return {other(type.empty() ? "response" : type)};
}

} // namespace agentcron::agent
