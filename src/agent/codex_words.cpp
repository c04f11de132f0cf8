#include "agent/codex_words.hpp"

#include "agent/json_text.hpp"
#include "agent/messages.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent::codex {
namespace json = boost::json;
namespace {

struct Named {
    std::string_view type;
    std::string_view kind;
};
constexpr std::array<Named, 14> item_kinds{{{"agentMessage", "message"},
                                            {"agent_message", "message"},
                                            {"userMessage", "prompt"},
                                            {"commandExecution", "tool"},
                                            {"command_execution", "tool"},
                                            {"fileChange", "tool"},
                                            {"file_change", "tool"},
                                            {"mcpToolCall", "tool"},
                                            {"mcp_tool_call", "tool"},
                                            {"dynamicToolCall", "tool"},
                                            {"collabAgentToolCall", "tool"},
                                            {"webSearch", "tool"},
                                            {"web_search", "tool"},
                                            {"error", "warning"}}};
constexpr std::array<Named, 4> method_kinds{{{"thread/tokenUsage/updated", "usage"},
                                             {"turn/completed", "result"},
                                             {"turn.completed", "result"},
                                             {"turn.failed", "error"}}};

template <std::size_t N>
std::string_view named(const std::array<Named, N>& names, std::string_view type) {
    for (const auto& one : names)
        if (one.type == type) return one.kind;
    return "";
}

bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

std::string last_word(std::string_view name) {
    name = name.substr(name.find_last_of("/._") + 1);
    const auto capital = std::find_if(name.rbegin(), name.rend(), is_capital);
    if (capital != name.rend())
        name = name.substr(static_cast<std::size_t>(name.rend() - capital) - 1);
    std::string word(name);
    if (!word.empty() && is_capital(word.front()))
        word.front() = static_cast<char>(word.front() + ('a' - 'A'));
    const bool plain =
        !word.empty() && word.size() <= 40 && std::all_of(word.begin(), word.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        });
    // "text" is the kind of plain bytes, never of JSON.
    return plain && word != "text" ? word : "notice";
}

std::string answers_in_words(const Brief& brief) {
    std::string text;
    for (const auto& asked : brief.answers) {
        text += fmt::format("Question: {}\n", asked.question);
        if (asked.expired)
            text += "Nobody answered in time. Go on without an answer.\n\n";
        else
            text += fmt::format("The person answered: {}\n\n", asked.answer);
    }
    return text;
}

// The API's own error stands in the message as JSON.
std::string inner_message(std::string message) {
    const auto object = parse_object(message);
    if (!object) return message;
    auto inner = text_member(object_member(*object, "error"), "message");
    return inner.empty() ? message : inner;
}

// A name, or an object of one name with an HTTP status.
std::string info_in_words(const json::value& info) {
    if (info.is_string()) return plain_text(info);
    if (!info.is_object() || info.get_object().empty()) return "";
    const auto& first = *info.get_object().begin();
    std::string text(first.key());
    const auto* detail = first.value().if_object();
    const auto* status = detail ? detail->if_contains("httpStatusCode") : nullptr;
    if (status && status->is_number()) text += fmt::format(", HTTP {}", plain_text(*status));
    return text;
}

std::optional<Limit> limit_of_info(const json::value& info) {
    if (info == "unauthorized") return Limit{Limit::Kind::login};
    for (const auto* kind : {"usageLimitExceeded", "rateLimitExceeded", "serverOverloaded"})
        if (info == json::value(kind)) return Limit{Limit::Kind::usage};
    const auto* named = info.if_object();
    if (!named || named->empty()) return std::nullopt;
    const auto* detail = named->begin()->value().if_object();
    const auto* status = detail ? detail->if_contains("httpStatusCode") : nullptr;
    return status && status->is_int64() ? limit_from_status(status->get_int64()) : std::nullopt;
}

} // namespace

std::string kind_of_item(std::string_view type) {
    const auto kind = named(item_kinds, type);
    return kind.empty() ? last_word(type) : std::string(kind);
}

std::string kind_of_method(std::string_view method) {
    const auto kind = named(method_kinds, method);
    return kind.empty() ? last_word(method) : std::string(kind);
}

std::string first_words(const Brief& brief) {
    if (brief.answers.empty() && brief.was_limited)
        return "You were stopped at a limit of use, which is over. Go on with the task.\n";
    if (brief.answers.empty()) return brief.prompt;
    return "You were interrupted while a person was asked. What you were about to do was not "
           "done.\n\n" +
           answers_in_words(brief) + "Go on with the task.\n";
}

std::string first_words_anew(const Brief& brief) {
    if (brief.answers.empty()) return brief.prompt;
    return fmt::format("{}\n\nThis was asked in an earlier run of the task:\n\n{}", brief.prompt,
                       answers_in_words(brief));
}

std::string failure_in_words(const json::value& error) {
    if (!error.is_object()) return base::one_line(plain_text(error), headline_bytes_max);
    const auto& object = error.get_object();
    auto text = base::one_line(inner_message(text_member(object, "message")), headline_bytes_max);
    if (text.empty()) text = "the turn failed";
    const auto* info = object.if_contains("codexErrorInfo");
    const auto words = info ? info_in_words(*info) : "";
    return words.empty() ? text : fmt::format("{} ({})", text, base::one_line(words, 80));
}

std::optional<Limit> limit_of(const json::value& error, base::Instant now) {
    const auto words = limit_from_words(failure_in_words(error), now);
    const auto* object = error.if_object();
    const auto* info = object ? object->if_contains("codexErrorInfo") : nullptr;
    auto limit = info ? limit_of_info(*info) : std::nullopt;
    if (!limit) return words;
    if (words) limit->until = words->until;
    return limit;
}

} // namespace agentcron::agent::codex
