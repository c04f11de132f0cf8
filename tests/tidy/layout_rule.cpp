#include "tidy/layout_rule.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace agentcron::tidy {
namespace {

constexpr std::string_view test_suffix = "_test.cpp";

// Paths without extension: "src/cron/fire_times".
std::set<std::string> stems(const std::vector<std::string>& paths) {
    std::set<std::string> result;
    for (const std::string& path : paths)
        if (path.starts_with("src/")) result.insert(path.substr(0, path.rfind('.')));
    return result;
}

// Tests of a folder as a whole: properties over generated inputs, mutated or recorded ones.
bool is_folder_wide(std::string_view stem) {
    const std::string_view name = stem.substr(stem.rfind('/') + 1);
    return name == "properties" || name == "mutation" || name == "replay";
}

// Whether src/ has the file, a family of files that begin with its name, or the file that this is
// an aspect of.
bool has_subject(const std::set<std::string>& sources, std::string stem) {
    if (const auto family = sources.lower_bound(stem + "_");
        family != sources.end() && family->starts_with(stem + "_"))
        return true;
    while (!sources.contains(stem)) {
        const std::size_t cut = stem.rfind('_');
        if (cut == std::string::npos || cut < stem.rfind('/')) return false;
        stem.resize(cut);
    }
    return true;
}

bool is_migration_name(std::string_view name) {
    if (name.size() < 10 || !name.ends_with(".sql") || name[4] != '_') return false;
    name.remove_suffix(4);
    return std::all_of(name.begin(), name.begin() + 4,
                       [](unsigned char c) { return std::isdigit(c); }) &&
           std::all_of(name.begin() + 5, name.end(), [](unsigned char c) {
               return std::islower(c) || std::isdigit(c) || c == '_';
           });
}

} // namespace

Findings check_top_level(const std::vector<std::string>& entries) {
    const std::set<std::string> allowed{"CMakeLists.txt", "LICENSE", "README.md", "migrations",
                                        "schedules",      "src",     "systemd",   "tests"};
    Findings findings;
    for (const std::string& entry : entries)
        if (!entry.starts_with('.') && !entry.starts_with("build") && !allowed.contains(entry))
            findings.push_back({entry, 0, "does not belong at the top: move it into a folder"});
    return findings;
}

Findings check_unit_tests(const std::vector<std::string>& paths) {
    constexpr std::string_view folder = "tests/unit/";
    const std::set<std::string> sources = stems(paths);
    Findings findings;
    for (const std::string& path : paths) {
        if (!path.starts_with(folder) || !path.ends_with(test_suffix)) continue;
        const std::string subject =
            "src/" + path.substr(folder.size(), path.size() - folder.size() - test_suffix.size());
        if (!is_folder_wide(subject) && !has_subject(sources, subject))
            findings.push_back(
                {path, 0,
                 "mirrors no " + subject +
                     ".cpp or .hpp: name it after the file it tests, or move it to " +
                     "the tier where it belongs"});
    }
    return findings;
}

Findings check_migrations(const std::vector<std::string>& paths) {
    std::vector<std::string> sorted = paths;
    std::sort(sorted.begin(), sorted.end());
    Findings findings;
    int expected = 1;
    for (const std::string& path : sorted) {
        const std::string name = path.substr(path.rfind('/') + 1);
        if (!is_migration_name(name)) {
            findings.push_back({path, 0, "is no migration: name it 0001_what_it_does.sql"});
            continue;
        }
        const int number = std::stoi(name.substr(0, 4));
        if (number != expected)
            findings.push_back({path, 0,
                                "is number " + std::to_string(number) + ", expected " +
                                    std::to_string(expected) + ": migrations have no gap"});
        expected = number + 1;
    }
    return findings;
}

Findings check_map(std::string_view map, const std::vector<std::string>& paths) {
    std::set<std::string> folders;
    for (const std::string& path : paths) {
        const std::string below = path.substr(std::string_view("src/").size());
        if (const auto slash = below.find('/'); slash != std::string::npos)
            folders.insert(below.substr(0, slash + 1));
    }
    Findings findings;
    for (const std::string& folder : folders)
        if (map.find(folder) == std::string_view::npos)
            findings.push_back({"src/README.md", 0, "does not say what " + folder + " is for"});
    return findings;
}

} // namespace agentcron::tidy
