#include "cli/answer_choice.hpp"

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

} // namespace

std::vector<AnswerOption> options_from(std::string_view text) {
    std::vector<AnswerOption> options;
    boost::system::error_code error;
    const auto value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error || !value.is_array()) return options;
    for (const auto& element : value.as_array()) {
        if (element.is_string())
            options.push_back({json::value_to<std::string>(element), "", ""});
        else if (const auto* object = element.if_object())
            options.push_back({text_member(*object, "value"), text_member(*object, "label"),
                               text_member(*object, "description")});
    }
    std::erase_if(options, [](const AnswerOption& option) { return option.value.empty(); });
    return options;
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
    if (options.empty() || (kind != "choice" && kind != "approve")) return std::string(text);
    return std::nullopt;
}

} // namespace agentcron::cli
