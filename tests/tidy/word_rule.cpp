#include "tidy/word_rule.hpp"

#include "tidy/cpp_text.hpp"
#include "tidy/tree.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace agentcron::tidy {
namespace {

bool has_whole_word(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string_view::npos;
         at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        const bool starts = at == 0 || !is_identifier_character(text[at - 1]);
        const bool ends = end == text.size() || !is_identifier_character(text[end]);
        if (starts && ends) return true;
    }
    return false;
}

template <std::size_t N>
Findings find_words(const std::string& path, std::string_view text,
                    const std::array<std::string_view, N>& words, std::string_view advice) {
    Findings findings;
    int number = 0;
    for (const std::string_view line : lines_of(text)) {
        ++number;
        for (const std::string_view word : words)
            if (has_whole_word(line, word))
                findings.push_back({path, number, std::string(word) + ": " + std::string(advice)});
    }
    return findings;
}

// What starts a comment line in this kind of file; empty where the rule does not apply.
std::string_view comment_lead(std::string_view path) {
    if (path.ends_with(".md")) return {};
    if (is_cpp(path)) return "//";
    return path.ends_with(".sql") ? "--" : "#";
}

// The C library's takes seconds, or is named from the global scope; a function of ours may have the
// same name.
bool calls_sleep(std::string_view line) {
    const std::size_t call = line.find("sleep(");
    if (call == std::string_view::npos) return false;
    const std::string_view before = line.substr(0, call);
    const std::string_view argument = line.substr(call + std::string_view("sleep(").size());
    const bool is_whole_word = before.empty() || !is_identifier_character(before.back());
    const bool is_global = before.ends_with("::") &&
                           (before.size() == 2 || !is_identifier_character(before[call - 3]));
    const bool takes_number =
        !argument.empty() && std::isdigit(static_cast<unsigned char>(argument.front()));
    return is_whole_word && (takes_number || is_global);
}

} // namespace

Findings check_notes(const SourceFile& file) {
    constexpr std::array<std::string_view, 4> notes{"TODO", "FIXME", "XXX", "HACK"};
    const std::string text = is_cpp(file.path) ? scan_cpp(file.text).unquoted : file.text;
    return find_words(file.path, text, notes, "do it now, or file an issue and say nothing here");
}

Findings check_sleeps(const SourceFile& file) {
    if (!is_cpp(file.path)) return {};
    constexpr std::string_view advice = "wait on the event itself, with a timeout";
    constexpr std::array<std::string_view, 5> sleeps{"sleep_for", "sleep_until", "usleep",
                                                     "nanosleep", "clock_nanosleep"};
    const std::string code = scan_cpp(file.text).code;
    Findings findings = find_words(file.path, code, sleeps, advice);
    int number = 0;
    for (const std::string_view line : lines_of(code)) {
        ++number;
        if (calls_sleep(line))
            findings.push_back({file.path, number, "sleep: " + std::string(advice)});
    }
    return findings;
}

Findings check_banners(const SourceFile& file) {
    const std::string_view lead = comment_lead(file.path);
    if (lead.empty()) return {};
    constexpr std::string_view rulers = "=-*#~_/";
    Findings findings;
    int number = 0;
    for (std::string_view line : lines_of(file.text)) {
        ++number;
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        if (!line.starts_with(lead)) continue;
        line.remove_prefix(lead.size());
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        const char first = line.empty() ? ' ' : line.front();
        if (rulers.find(first) != std::string_view::npos && line.starts_with(std::string(3, first)))
            findings.push_back({file.path, number, "a banner: delete it, or split the file"});
    }
    return findings;
}

} // namespace agentcron::tidy
