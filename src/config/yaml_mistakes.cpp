#include "config/yaml_mistakes.hpp"

#include <algorithm>
#include <optional>
#include <spdlog/fmt/fmt.h>

namespace agentcron::config {
namespace {

// The value of the line `key: value` that holds an offset.
struct LineValue {
    std::size_t offset = 0;
    std::string_view text;
};

std::optional<LineValue> value_on_line(const Source& source, std::size_t offset) {
    const std::string_view line = source.line_at(offset);
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) return std::nullopt;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    if (begin == std::string_view::npos) return std::nullopt;
    std::string_view text = line.substr(begin, line.find(" #", begin) - begin);
    text.remove_suffix(text.size() - text.find_last_not_of(" \t") - 1);
    return LineValue{source.line_start(offset) + begin, text};
}

// A value in quotes that needs no escape, or "" if it does.
std::string quoted(std::string_view value) {
    if (value.find_first_of("\"\\") == std::string_view::npos) return fmt::format("\"{}\"", value);
    if (value.find('\'') == std::string_view::npos) return fmt::format("'{}'", value);
    return {};
}

std::string quote_advice(std::string_view problem, std::string_view value) {
    const std::string rewrite = quoted(value);
    if (rewrite.empty()) return fmt::format("{}; put the value in quotes", problem);
    return fmt::format("{}; put it in quotes: {}", problem, rewrite);
}

std::optional<Mistake> tab_as_indentation(const Source& source, std::size_t offset) {
    const std::string_view line = source.line_at(offset);
    const std::size_t indentation = std::min(line.find_first_not_of(" \t"), line.size());
    const std::size_t tab = line.substr(0, indentation).find('\t');
    if (tab == std::string_view::npos) return std::nullopt;
    return Mistake{source.line_start(offset) + tab,
                   "a tab indents this line; YAML is indented by spaces only"};
}

std::optional<Mistake> unquoted_value(const Source& source, std::size_t offset) {
    const auto value = value_on_line(source, offset);
    if (!value || offset < value->offset) return std::nullopt;
    if (std::string_view("*@%`").find(value->text.front()) != std::string_view::npos) {
        return Mistake{
            value->offset,
            quote_advice(fmt::format("a plain value cannot begin with '{}'", value->text.front()),
                         value->text)};
    }
    const bool plain =
        std::string_view("\"'[]{}|>&!").find(value->text.front()) == std::string_view::npos;
    if (plain && value->text.find(": ") != std::string_view::npos) {
        return Mistake{value->offset, quote_advice("a plain value cannot hold ': '", value->text)};
    }
    return std::nullopt;
}

std::string in_own_words(std::string_view message) {
    struct Wording {
        std::string_view theirs;
        std::string_view ours;
    };
    static constexpr Wording wordings[] = {
        {"illegal map value", "': ' cannot stand here; expected one 'key: value' per line, keys "
                              "of one map indented alike"},
        {"illegal block entry", "'- ' cannot stand here; expected it at the start of a line"},
        {"end of map not found", "this line is indented like nothing above it"},
        {"end of sequence not found", "this line is indented like nothing above it; expected "
                                      "another '- ' item or fewer spaces"},
        {"end of map flow not found", "a '{' is not closed before here"},
        {"end of sequence flow not found", "a '[' is not closed before here"},
        {"the referenced anchor is not defined", "this alias names no anchor above it; a text "
                                                 "that begins with '*' needs quotes"},
        {"bad file", "the file ends too early or is nested too deeply"},
    };
    for (const Wording& wording : wordings) {
        if (message == wording.theirs) return std::string(wording.ours);
    }
    return fmt::format("not YAML: {}", message);
}

} // namespace

Mistake explain_mistake(const Source& source, std::size_t offset, std::string_view message) {
    offset = std::min(offset, source.text().size());
    if (auto tab = tab_as_indentation(source, offset)) return *tab;
    if (auto value = unquoted_value(source, offset)) return *value;
    return {offset, in_own_words(message)};
}

} // namespace agentcron::config
