#include "cron/zone_names.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

namespace agentcron::cron {
namespace {

constexpr std::size_t name_bytes_max = 100;
constexpr std::size_t names_max = 5000;

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

// Edits (insert, delete, replace, swap of neighbours) that turn one text into the other.
std::size_t distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min(
                {last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

bool is_zone_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    char magic[4] = {};
    file.read(magic, sizeof magic);
    return file && std::string_view(magic, sizeof magic) == "TZif";
}

// The part after the last slash, with blanks as the underscores of zone names.
std::string city_of(const std::string& name) {
    std::string city = name.substr(name.rfind('/') + 1);
    std::replace(city.begin(), city.end(), ' ', '_');
    return city;
}

} // namespace

std::string refuse_zone_name(std::string_view name) {
    if (name.empty()) return "the name is empty";
    if (name.size() > name_bytes_max) return "the name is too long";
    if (name.starts_with("right/"))
        return "zones below right/ count leap seconds, which POSIX time does not have";
    if (name.starts_with("posix/")) return "write the name without posix/";
    if (name == "localtime" || name == "posixrules")
        return "it means another zone on another machine";
    if (name.find(',') != name.npos || name.front() == ':' || name.front() == '<')
        return "POSIX rules are not accepted, only names such as Europe/Berlin";
    const bool clean = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '/' || c == '_' || c == '-' || c == '+';
    });
    if (!clean || name.front() == '/' || name.back() == '/' || name.find("//") != name.npos)
        return "it is not the name of a time zone";
    return {};
}

std::vector<std::string> installed_zone_names(const std::string& directory) {
    namespace fs = std::filesystem;
    std::vector<std::string> names;
    std::error_code error;
    fs::recursive_directory_iterator entry(directory, error);
    while (!error && entry != fs::recursive_directory_iterator{} && names.size() < names_max) {
        const std::string name = entry->path().lexically_relative(directory).string();
        std::error_code unreadable;
        if (entry->is_directory(unreadable)) {
            if (name == "right" || name == "posix") entry.disable_recursion_pending();
        } else if (refuse_zone_name(name).empty() && is_zone_file(entry->path())) {
            names.push_back(name);
        }
        entry.increment(error);
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string nearest_zone_name(std::string_view name, const std::vector<std::string>& installed) {
    const std::string wanted = lower(name.substr(0, name_bytes_max));
    for (const std::string_view prefix : {"right/", "posix/"})
        if (wanted.starts_with(prefix))
            return nearest_zone_name(name.substr(prefix.size()), installed);
    const std::string city = city_of(wanted);
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(2, wanted.size() / 3) + 1;
    for (const std::string& zone : installed) {
        const std::string candidate = lower(zone);
        // "Berlin" alone is a near miss of Europe/Berlin.
        std::size_t d = city_of(candidate) == city ? 2 : best_distance;
        const std::size_t longer = std::max(wanted.size(), candidate.size());
        const std::size_t shorter = std::min(wanted.size(), candidate.size());
        if (longer - shorter < best_distance) d = std::min(d, distance(wanted, candidate));
        if (d < best_distance) {
            best_distance = d;
            best = zone;
        }
    }
    return best;
}

} // namespace agentcron::cron
