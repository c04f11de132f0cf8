#include "cli/answer_choice.hpp"

#include "agent/answers.hpp"
#include "base/text.hpp"
#include "cli/printable.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace json = boost::json;
namespace {

std::string text_member(const json::object& object, std::string_view name) {
    const auto* member = object.if_contains(json::string_view(name.data(), name.size()));
    return member && member->is_string() ? json::value_to<std::string>(*member) : std::string();
}

bool same_without_case(std::string_view a, std::string_view b) {
    const auto lower = [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : int(c); };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

const AnswerOption* labelled(std::string_view text, const std::vector<AnswerOption>& options) {
    const AnswerOption* found = nullptr;
    for (const auto& option : options) {
        if (option.label.empty() || !same_without_case(option.label, text)) continue;
        if (found) return nullptr; // two with the same label: the value must be given
        found = &option;
    }
    return found;
}

const AnswerOption* numbered(std::string_view text, const std::vector<AnswerOption>& options) {
    std::size_t number = 0;
    const auto end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) return nullptr;
    return number >= 1 && number <= options.size() ? &options[number - 1] : nullptr;
}

std::vector<AnswerOption> options_in(const json::value& list) {
    std::vector<AnswerOption> options;
    if (!list.is_array()) return options;
    for (const auto& element : list.as_array()) {
        if (element.is_string())
            options.push_back({json::value_to<std::string>(element), "", ""});
        else if (const auto* object = element.if_object())
            options.push_back({text_member(*object, "value"), text_member(*object, "label"),
                               text_member(*object, "description")});
    }
    std::erase_if(options, [](const AnswerOption& option) { return option.value.empty(); });
    return options;
}

json::value parsed(std::string_view text) {
    boost::system::error_code error;
    auto value = json::parse(json::string_view(text.data(), text.size()), error);
    return error ? json::value(nullptr) : value;
}

bool is_clear_decision(std::string_view text, const std::vector<AnswerOption>& options) {
    const bool decides = std::any_of(options.begin(), options.end(),
                                     [](const auto& option) { return option.value == "allow"; });
    const auto decision = agent::decision_from(text);
    return decides && (decision.allow || decision.reason != base::trim(text));
}

// "one of staging, production", "integer", ...
std::string taken_by(const json::object& field) {
    std::string values;
    for (const auto* key : {"enum", "oneOf"}) {
        const auto* list = field.if_contains(key);
        if (!list || !list->is_array()) continue;
        for (const auto& one : list->as_array()) {
            const auto* object = one.if_object();
            const auto value = object            ? text_member(*object, "const")
                               : one.is_string() ? json::value_to<std::string>(one)
                                                 : json::serialize(one);
            values += (values.empty() ? "one of " : ", ") + value;
        }
    }
    return values.empty() ? text_member(field, "type") : values;
}

} // namespace

std::string items_text(std::string_view text) {
    const auto items = parsed(text);
    std::string lines;
    if (!items.is_array() || items.as_array().size() < 2) return lines;
    for (const auto& element : items.as_array()) {
        const auto* item = element.if_object();
        if (!item) continue;
        const auto key = text_member(*item, "key");
        const auto words = text_member(*item, "text");
        lines +=
            fmt::format("  {}{}\n", printable(key), words == key ? "" : ": " + printable(words));
        if (const auto* options = item->if_contains("options"))
            for (const auto& option : options_in(*options))
                lines += fmt::format("    - {}\n", printable(option.value));
    }
    return lines;
}

std::string fields_text(std::string_view schema_text) {
    const auto schema = parsed(schema_text);
    const auto* properties =
        schema.is_object() ? schema.as_object().if_contains("properties") : nullptr;
    std::string lines;
    if (!properties || !properties->is_object()) return lines;
    const auto* required = schema.as_object().if_contains("required");
    for (const auto& member : properties->as_object()) {
        const auto* field = member.value().if_object();
        if (!field) continue;
        const bool needed =
            required && required->is_array() &&
            std::any_of(required->as_array().begin(), required->as_array().end(),
                        [&](const auto& name) {
                            return name.is_string() && name.as_string() == member.key();
                        });
        lines += fmt::format("  {}: {}{}\n", printable(std::string_view(member.key())),
                             printable(taken_by(*field)), needed ? ", required" : "");
    }
    return lines;
}

std::vector<AnswerOption> options_from(std::string_view text) {
    return options_in(parsed(text));
}

std::string options_text(const std::vector<AnswerOption>& options, std::string_view default_value) {
    std::string text;
    int number = 0;
    for (const auto& option : options) {
        text += fmt::format("  {}. {}", ++number, printable(option.value));
        if (!option.label.empty() && option.label != option.value)
            text += fmt::format(" - {}", printable(option.label));
        if (!option.description.empty()) text += fmt::format(": {}", printable(option.description));
        text += option.value == default_value ? " (default)\n" : "\n";
    }
    return text;
}

std::optional<std::string> choose_answer(std::string_view text, std::string_view kind,
                                         const std::vector<AnswerOption>& options) {
    for (const auto& option : options)
        if (option.value == text) return option.value;
    if (const auto* option = labelled(text, options)) return option->value;
    if (const auto* option = numbered(text, options)) return option->value;
    const bool is_closed = kind == "choice" || kind == "approve" || kind == "plan";
    if (options.empty() || !is_closed || is_clear_decision(text, options)) return std::string(text);
    return std::nullopt;
}

} // namespace agentcron::cli
