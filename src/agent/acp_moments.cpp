#include "agent/json_rpc.hpp"
#include "agent/json_text.hpp"
#include "agent/moments.hpp"

#include <boost/json.hpp>

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

// Claude's adapter says beside the result that the call was not carried out.
bool was_refused(const json::object& update) {
    const auto& meta = object_member(object_member(update, "_meta"), "claudeCode");
    return !text_member(meta, "nonExecutionKind").empty();
}

std::string output_of(const json::object& update) {
    auto text = text_member(update, "rawOutput");
    if (text.empty()) text = content_in_words(update, "content");
    if (!text.empty()) return text;
    const auto* raw = find_object(update, "rawOutput");
    return raw && !raw->empty() ? json::serialize(*raw) : "";
}

// A call is told bit by bit: the later word holds.
Moment call_of(const json::object& update) {
    Moment call{.kind = Kind::tool,
                .id = text_member(update, "toolCallId"),
                .name = text_member(update, "name")};
    call.text = text_member(update, "title");
    if (call.name.empty()) call.name = text_member(update, "kind");
    const auto* input = find_object(update, "rawInput");
    if (input && !input->empty()) call.input = json::serialize(*input);
    const auto status = text_member(update, "status");
    if (status != "completed" && status != "failed") return call;
    call.kind = Kind::tool_end;
    call.output = output_of(update);
    if (status == "failed") call.outcome = was_refused(update) ? Outcome::denied : Outcome::failed;
    return call;
}

Moment of_update(const json::object& update) {
    const auto kind = text_member(update, "sessionUpdate");
    const bool says = kind == "agent_message_chunk";
    if (says || kind == "agent_thought_chunk") {
        auto piece = saying(says ? Kind::words_piece : Kind::thought_piece,
                            content_in_words(update, "content"));
        piece.id = text_member(update, "messageId");
        return piece;
    }
    if (kind == "notice") {
        const auto title = text_member(update, "title"), more = text_member(update, "description");
        return saying(Kind::warning, more.empty() ? title : title + ": " + more);
    }
    if (kind == "tool_call" || kind == "tool_call_update") return call_of(update);
    return other(kind);
}

Moment question(std::string_view method, const json::object& params) {
    const auto* call = find_object(params, "toolCall");
    auto moment =
        saying(Kind::question, call ? text_member(*call, "title") : text_member(params, "message"));
    moment.name = call ? text_member(*call, "name") : "";
    if (moment.name.empty()) moment.name = method;
    return moment;
}

} // namespace

std::vector<Moment> acp_moments(const json::object& line) {
    const auto method = text_member(line, "method");
    const auto& params = object_member(line, "params");
    if (method == "session/update") return {of_update(object_member(params, "update"))};
    if (!method.empty()) return {line.contains("id") ? question(method, params) : other(method)};
    if (const auto* error = line.if_contains("error"))
        return {saying(Kind::failure, json_rpc::error_text(*error))};
    const auto stopped = text_member(object_member(line, "result"), "stopReason");
    if (stopped.empty()) return {other("response")};
    auto end = saying(Kind::result, stopped == "end_turn" ? "" : stopped);
    end.name = "result";
    return {end};
}

} // namespace agentcron::agent
