#include "tidy/include_rule.hpp"

#include "tidy/cpp_text.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace agentcron::tidy {
namespace {

using Names = std::set<std::string, std::less<>>;

// The folder and all it may include besides itself. A folder that is not named here is a finding:
// whoever adds one decides its place.
const std::map<std::string, Names, std::less<>> may_include{
    {"base", {}},
    {"cron", {"base"}},
    {"process", {"base"}},
    {"task", {"base"}},
    {"agent", {"base"}},
    {"mcp", {"base", "agent"}},
    {"notify", {"base"}},
    {"schedule", {"base", "cron"}},
    {"config", {"base", "cron", "schedule", "task", "agent"}},
    {"db", {"base", "cron", "schedule", "task", "agent", "notify"}},
    {"engine", {"base", "cron", "schedule", "task", "agent", "process", "notify"}},
    {"cli",
     {"base", "cron", "schedule", "task", "agent", "mcp", "process", "notify", "config", "db",
      "engine"}},
};

struct LibraryRule {
    std::string_view header_prefix;
    std::vector<std::string_view> allowed; // path prefixes
};

const std::vector<LibraryRule> library_rules{
    {"pqxx/", {"src/db/"}},
    {"CLI/", {"src/cli/", "src/main.cpp", "src/app."}},
    {"yaml-cpp/", {"src/config/"}},
    {"boost/process", {"src/base/spawn.cpp"}},
    {"curl/", {"src/notify/http_client.cpp"}},
    {"openssl/", {"src/notify/signature.cpp"}},
};

struct Include {
    int line = 0;
    bool quoted = false;
    std::string header;
};

std::vector<Include> includes_of(const SourceFile& file) {
    const CppText text = scan_cpp(file.text);
    const auto code = lines_of(text.code);
    const auto source = lines_of(file.text);
    std::vector<Include> includes;
    for (std::size_t i = 0; i < code.size(); ++i) {
        const std::size_t hash = code[i].find_first_not_of(' ');
        if (hash == std::string_view::npos || !code[i].substr(hash).starts_with("#include"))
            continue;
        const std::size_t open = source[i].find_first_of("\"<");
        if (open == std::string_view::npos) continue;
        const std::size_t close = source[i].find_first_of("\">", open + 1);
        includes.push_back({static_cast<int>(i) + 1, source[i][open] == '"',
                            std::string(source[i].substr(open + 1, close - open - 1))});
    }
    return includes;
}

// "cron" of "src/cron/fire_times.cpp"; nothing for files that stand in src/ itself.
std::string folder_of(std::string_view path) {
    path.remove_prefix(std::string_view("src/").size());
    const std::size_t slash = path.find('/');
    return slash == std::string_view::npos ? "" : std::string(path.substr(0, slash));
}

std::string direction_advice(const std::string& folder, const Include& include) {
    const std::size_t slash = include.header.find('/');
    if (slash == std::string::npos) {
        if (folder == "cli" && include.header == "app.hpp") return {};
        return "write the header's path from src/: \"" + folder + "/" + include.header + "\"";
    }
    const std::string target = include.header.substr(0, slash);
    if (target == folder || may_include.at(folder).contains(target)) return {};
    return folder + "/ may not include " + target +
           "/ (src/README.md has the rule): move what is " +
           "shared down, or let the caller pass it in";
}

std::string library_advice(std::string_view path, const Include& include) {
    for (const LibraryRule& rule : library_rules) {
        if (!include.header.starts_with(rule.header_prefix)) continue;
        const bool allowed = std::any_of(rule.allowed.begin(), rule.allowed.end(),
                                         [&](auto prefix) { return path.starts_with(prefix); });
        if (allowed) continue;
        return "<" + include.header + "> stays in " + std::string(rule.allowed.front()) +
               ": use what that offers, or extend it";
    }
    return {};
}

} // namespace

Findings check_includes(const std::vector<SourceFile>& files) {
    Findings findings;
    std::string systemd_user;
    for (const SourceFile& file : files) {
        if (!file.path.starts_with("src/")) continue;
        const std::string folder = folder_of(file.path);
        if (!folder.empty() && !may_include.contains(folder)) {
            findings.push_back({file.path, 0,
                                "folder " + folder +
                                    "/ has no place in the include rule: give it " +
                                    "one in tests/tidy/include_rule.cpp and src/README.md"});
            continue;
        }
        for (const Include& include : includes_of(file)) {
            if (include.quoted && !folder.empty())
                if (auto advice = direction_advice(folder, include); !advice.empty())
                    findings.push_back({file.path, include.line, advice});
            if (auto advice = library_advice(file.path, include); !advice.empty())
                findings.push_back({file.path, include.line, advice});
            if (!include.header.starts_with("systemd/")) continue;
            if (systemd_user.empty()) systemd_user = file.path;
            if (systemd_user != file.path)
                findings.push_back({file.path, include.line,
                                    "libsystemd is used in one file only, now " + systemd_user});
        }
    }
    return findings;
}

} // namespace agentcron::tidy
