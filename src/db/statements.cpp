#include "db/statements.hpp"

#include "base/check.hpp"
#include "db/embedded.hpp"

#include <map>

namespace agentcron::db {
namespace {

using Statements = std::map<std::string, std::string, std::less<>>;

// Without the comment lines: they are for readers of the file, not for the server.
std::string without_comments(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        if (!text.starts_with("--")) out += text.substr(0, end);
        text.remove_prefix(end);
    }
    return out;
}

Statements parse_all() {
    constexpr std::string_view marker = "-- name: ";
    Statements all;
    for (const auto& file : statements()) {
        std::string_view text = file.text;
        auto at = text.find(marker);
        while (at != std::string_view::npos) {
            const auto line_end = text.find('\n', at);
            const auto name = text.substr(at + marker.size(), line_end - at - marker.size());
            const auto next = text.find(marker, line_end);
            const auto length = next == std::string_view::npos ? next : next - line_end - 1;
            const auto body = without_comments(text.substr(line_end + 1, length));
            const bool added = all.emplace(name, body).second;
            AGENTCRON_CHECK(added, "{} in {} stands twice", name, file.name);
            at = next;
        }
    }
    return all;
}

const Statements& all_statements() {
    static const Statements all = parse_all();
    return all;
}

} // namespace

std::string_view statement(std::string_view name) {
    const auto found = all_statements().find(name);
    AGENTCRON_CHECK(found != all_statements().end(), "no statement {}", name);
    return found->second;
}

std::vector<std::string> statement_names() {
    std::vector<std::string> names;
    for (const auto& [name, text] : all_statements()) names.push_back(name);
    return names;
}

} // namespace agentcron::db
