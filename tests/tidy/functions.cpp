#include "tidy/functions.hpp"

#include "tidy/cpp_text.hpp"

#include <algorithm>
#include <array>

namespace agentcron::tidy {
namespace {

constexpr std::string_view spaces = " \t\n";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(spaces);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

bool has_word(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string_view::npos;
         at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        if ((at == 0 || !is_identifier_character(text[at - 1])) &&
            (end == text.size() || !is_identifier_character(text[end])))
            return true;
    }
    return false;
}

// The head without a leading `template <...>`, whose `class` would mislead.
std::string_view without_template(std::string_view head) {
    while (head.starts_with("template")) {
        int depth = 0;
        std::size_t end = head.find('<');
        for (; end < head.size(); ++end) {
            if (head[end] == '<') ++depth;
            if (head[end] == '>' && --depth == 0) break;
        }
        if (end >= head.size()) return head;
        head = trimmed(head.substr(end + 1));
    }
    return head;
}

// `=` that starts a value; not one inside parentheses (a default argument) or of an operator.
bool has_initializer(std::string_view head) {
    if (has_word(head, "operator")) return false;
    int depth = 0;
    for (const char c : head) {
        if (c == '(') ++depth;
        if (c == ')') --depth;
        if (c == '=' && depth == 0) return true;
    }
    return false;
}

std::string_view word_before(std::string_view text, std::size_t end) {
    const std::string_view before = trimmed(text.substr(0, end));
    std::size_t from = before.size();
    while (from > 0 && (is_identifier_character(before[from - 1]) || before[from - 1] == '~' ||
                        before[from - 1] == ':'))
        --from;
    return before.substr(from);
}

bool is_function_head(std::string_view head) {
    head = without_template(trimmed(head));
    const std::size_t open = head.find('(');
    if (open == std::string_view::npos) return false;
    if (head.find("](") != std::string_view::npos) return true; // a lambda kept in a variable
    if (has_initializer(head)) return false;
    if (head.ends_with(')')) return true;
    constexpr std::array<std::string_view, 5> types{"class", "struct", "union", "enum",
                                                    "namespace"};
    return std::none_of(types.begin(), types.end(),
                        [&](auto word) { return has_word(head, word); });
}

// `Clock() : now_{0}, rate_{1} {`: a brace behind a member's name is not the body.
bool is_member_initializer(std::string_view head) {
    head = trimmed(head);
    if (head.empty() || !(is_identifier_character(head.back()) || head.back() == '>')) return false;
    for (std::size_t at = head.find(':'); at != std::string_view::npos;
         at = head.find(':', at + 1)) {
        if (at + 1 < head.size() && head[at + 1] == ':') {
            ++at;
            continue;
        }
        return trimmed(head.substr(0, at)).ends_with(')') ||
               trimmed(head.substr(0, at)).ends_with("noexcept");
    }
    return false;
}

std::size_t matching_brace(std::string_view code, std::size_t open) {
    int depth = 0;
    for (std::size_t at = open; at < code.size(); ++at) {
        if (code[at] == '{') ++depth;
        if (code[at] == '}' && --depth == 0) return at;
    }
    return code.size();
}

void blank_directives(std::string& code) {
    bool continued = false;
    std::size_t from = 0;
    while (from < code.size()) {
        const std::size_t end = std::min(code.find('\n', from), code.size());
        const std::string_view line = trimmed(std::string_view(code).substr(from, end - from));
        const bool directive = continued || line.starts_with('#');
        continued = directive && line.ends_with('\\');
        if (directive) std::fill(code.begin() + long(from), code.begin() + long(end), ' ');
        from = end + 1;
    }
}

// `raw` is the head as written: a macro such as TEST_CASE is named by its first literal.
std::string name_of(std::string_view head, std::string_view raw) {
    const std::size_t open = head.find('(');
    const std::string word(word_before(head, open));
    const bool is_macro = word.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
    const std::size_t quote = raw.find('"');
    if (!is_macro || quote == std::string_view::npos) return word;
    return std::string(raw.substr(quote + 1, raw.find('"', quote + 1) - quote - 1));
}

} // namespace

std::vector<Function> functions_of(std::string_view source) {
    std::string code = scan_cpp(source).code;
    blank_directives(code);
    std::vector<Function> functions;
    std::size_t head_from = 0;
    int parentheses = 0;
    for (std::size_t at = 0; at < code.size(); ++at) {
        const char c = code[at];
        if (c == '(') ++parentheses;
        if (c == ')') --parentheses;
        if ((c == ';' && parentheses == 0) || c == '}') head_from = at + 1;
        if (c != '{') continue;

        const std::string_view head = std::string_view(code).substr(head_from, at - head_from);
        if (parentheses > 0 || is_member_initializer(head)) {
            at = matching_brace(code, at);
            continue;
        }
        if (is_function_head(head)) {
            const std::size_t close = matching_brace(code, at);
            const std::size_t first = code.find_first_not_of(spaces, head_from);
            const int line = line_at(code, first);
            functions.push_back({name_of(head, source.substr(head_from, at - head_from)), line,
                                 line_at(code, close) - line + 1});
            at = close;
        }
        head_from = at + 1;
    }
    return functions;
}

} // namespace agentcron::tidy
