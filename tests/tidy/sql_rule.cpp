#include "tidy/sql_rule.hpp"

#include "tidy/cpp_text.hpp"
#include "tidy/tree.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <sstream>

namespace agentcron::tidy {
namespace {

std::vector<std::string> lower_words(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::istringstream stream(lower);
    return {std::istream_iterator<std::string>(stream), {}};
}

} // namespace

bool looks_like_sql(std::string_view text) {
    const std::vector<std::string> words = lower_words(text);
    if (words.size() < 2) return false;
    const std::string& verb = words[0];
    const auto has = [&](std::size_t at, std::string_view word) {
        return at < words.size() && words[at] == word;
    };
    if (verb == "insert") return has(1, "into");
    if (verb == "delete") return has(1, "from");
    if (verb == "update") return has(2, "set") || has(3, "set") || has(4, "set");
    if (verb == "with") return has(2, "as") || has(1, "recursive");
    if (verb != "select") return false;
    // "select a schedule from the list" is prose: a sentence has an article, a query does not.
    const bool prose = has(1, "a") || has(1, "an") || has(1, "the") || has(1, "one");
    const bool from = std::find(words.begin(), words.end(), "from") != words.end();
    const bool calls = words[1].find('(') != std::string::npos;
    const bool value = std::isdigit(static_cast<unsigned char>(words[1][0])) || words[1][0] == '$';
    return !prose && (from || calls || value);
}

Findings check_sql(const SourceFile& file) {
    if (!file.path.starts_with("src/") || !is_cpp(file.path)) return {};
    Findings findings;
    for (const Literal& literal : scan_cpp(file.text).literals)
        if (looks_like_sql(literal.text))
            findings.push_back({file.path, literal.line,
                                "SQL in C++: name the query in src/db/sql/<table>.sql and use it"});
    return findings;
}

} // namespace agentcron::tidy
