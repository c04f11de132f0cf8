#include "cli/agent_words.hpp"

#include "cli/json_text.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace json = boost::json;
namespace {

const json::object* object_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    return value ? value->if_object() : nullptr;
}

std::string text_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    return value && value->is_string() ? json::value_to<std::string>(*value) : "";
}

// The command, file or query of a tool call: the first text of its input.
std::string input_text(const json::object* input) {
    if (!input) return "";
    for (const auto& member : *input)
        if (member.value().is_string()) return json::value_to<std::string>(member.value());
    return input->empty() ? "" : compact(json::value(*input));
}

// A tool's result, or a message: a text, or blocks of which some are texts.
std::string content_text(const json::object& holder) {
    const auto* content = holder.if_contains("content");
    if (!content) return "";
    if (content->is_string()) return json::value_to<std::string>(*content);
    if (const auto* one = content->if_object()) return text_in(*one, "text");
    std::string text;
    if (content->is_array())
        for (const auto& block : content->as_array())
            if (const auto* object = block.if_object()) text += text_in(*object, "text");
    return text;
}

std::optional<AgentWords> claude_block(const json::object& block) {
    const auto type = text_in(block, "type");
    if (type == "text") return AgentWords{"", text_in(block, "text")};
    if (type == "thinking") return AgentWords{"thought", text_in(block, "thinking")};
    if (type == "tool_use")
        return AgentWords{"tool", fmt::format("{}: {}", text_in(block, "name"),
                                              input_text(object_in(block, "input")))};
    if (type == "tool_result") return AgentWords{"tool_result", content_text(block)};
    return std::nullopt;
}

std::optional<AgentWords> claude_line(const json::object& line) {
    const auto type = text_in(line, "type");
    if (const auto* message = object_in(line, "message")) {
        const auto* content = message->if_contains("content");
        if (!content || !content->is_array() || content->as_array().empty()) return std::nullopt;
        const auto* block = content->as_array().front().if_object();
        return block ? claude_block(*block) : std::nullopt;
    }
    if (type == "control_request") {
        const auto* request = object_in(line, "request");
        if (!request) return std::nullopt;
        const auto* call = object_in(*request, "input");
        const bool is_hook = call && call->contains("tool_input");
        return AgentWords{"question",
                          fmt::format("{}: {}", text_in(is_hook ? *call : *request, "tool_name"),
                                      input_text(is_hook ? object_in(*call, "tool_input") : call))};
    }
    if (type == "result") return AgentWords{"result", text_in(line, "result")};
    if (type == "system") return AgentWords{"system", text_in(line, "subtype")};
    if (type == "control_response") return AgentWords{"control_response", "received"};
    return std::nullopt;
}

std::optional<AgentWords> codex_item(const json::object& item) {
    const auto type = text_in(item, "type");
    const bool says = type == "agentMessage" || type == "agent_message";
    if (says) return AgentWords{"", text_in(item, "text")};
    if (const auto command = text_in(item, "command"); !command.empty())
        return AgentWords{"tool", command};
    return AgentWords{"item", type};
}

std::optional<AgentWords> rpc_line(const json::object& line) {
    const auto* params = object_in(line, "params");
    if (!params) return std::nullopt;
    if (const auto* update = object_in(*params, "update")) {
        const auto kind = text_in(*update, "sessionUpdate");
        if (kind == "agent_message_chunk") return AgentWords{"", content_text(*update), true};
        if (kind == "tool_call" || kind == "tool_call_update")
            return AgentWords{"tool", fmt::format("{} {}", text_in(*update, "title"),
                                                  text_in(*update, "status"))};
        return AgentWords{kind, ""};
    }
    if (const auto* item = object_in(*params, "item")) return codex_item(*item);
    return std::nullopt;
}

} // namespace

std::optional<AgentWords> agent_words(std::string_view kind, std::string_view text) {
    boost::system::error_code error;
    const auto value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error || !value.is_object()) return std::nullopt;
    const auto& line = value.as_object();
    if (line.contains("method")) return rpc_line(line);
    if (const auto* item = object_in(line, "item");
        item && text_in(line, "type").starts_with("item"))
        return codex_item(*item);
    // A jsonl agent's own lines have the same kinds: those of Claude name their session.
    if (!line.contains("session_id") && !line.contains("request_id") && kind != "control_response")
        return std::nullopt;
    return claude_line(line);
}

} // namespace agentcron::cli
