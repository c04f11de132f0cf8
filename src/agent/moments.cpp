#include "agent/moments.hpp"

#include "agent/json_text.hpp"
#include "agent/messages.hpp"

#include <boost/json.hpp>

namespace agentcron::agent {
namespace json = boost::json;
namespace {

bool is_codex_exec(const json::object& line, std::string_view type) {
    if (type == "error") return line.contains("message");
    return type.starts_with("thread.") || type.starts_with("turn.") || type.starts_with("item.");
}

// A jsonl agent's own lines have types of the same names: those of Claude name their session.
bool is_claude(const json::object& line, std::string_view type) {
    return line.contains("session_id") || line.contains("request_id") || type == "control_response";
}

std::string block_text(const json::value& block) {
    const auto* object = block.if_object();
    if (!object) return "";
    // ACP wraps a block once more: {"type":"content","content":{...}}.
    const auto* inner = find_object(*object, "content");
    return text_member(inner ? *inner : *object, "text");
}

} // namespace

std::optional<std::vector<Moment>> moments_in(std::string_view text) {
    const auto line = parse_object(text);
    if (!line) return std::nullopt;
    const auto type = text_member(*line, "type");
    if (auto words = text_of(*line)) {
        Moment moment{.kind = Moment::Kind::words};
        moment.text = std::move(*words);
        return std::vector{std::move(moment)};
    }
    if (is_codex_exec(*line, type)) return codex_moments(*line);
    const bool is_rpc =
        line->contains("method") || line->contains("result") || line->contains("error");
    if (type.empty() && is_rpc)
        return line->contains("jsonrpc") ? acp_moments(*line) : codex_moments(*line);
    if (is_claude(*line, type)) return claude_moments(*line);
    return std::nullopt;
}

std::string input_in_words(const json::object& input) {
    for (const auto& member : input)
        if (member.value().is_string()) return plain_text(member.value());
    return input.empty() ? "" : json::serialize(input);
}

std::string content_in_words(const json::object& holder, std::string_view member) {
    const auto* content = holder.if_contains(member);
    if (!content) return "";
    if (content->is_string()) return plain_text(*content);
    if (content->is_object()) return block_text(*content);
    std::string text;
    if (content->is_array())
        for (const auto& block : content->get_array()) text += block_text(block);
    return text;
}

} // namespace agentcron::agent
