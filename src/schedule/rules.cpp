#include "schedule/rules.hpp"

#include "base/text.hpp"
#include "schedule/limits.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::schedule {
namespace {

bool has_nul(std::string_view text) {
    return text.find('\0') != std::string_view::npos;
}

bool is_url_character(char c) {
    return c > ' ' && c != '"' && c != '<' && c != '>' && c != '\\' && c != '\x7f';
}

} // namespace

void check_name(std::string_view field, std::string_view value, Problems& problems) {
    if (is_name(value)) return;
    problems.push_back(
        {field, 0,
         fmt::format("'{}' cannot be a name; {}", base::one_line(value, 120), name_rule)});
}

void check_number(std::string_view field, int value, int low, int high, Problems& problems) {
    if (value >= low && value <= high) return;
    problems.push_back(
        {field, 0, fmt::format("{} is out of range; expected {} to {}", value, low, high)});
}

void check_duration(std::string_view field, base::Seconds value, Problems& problems) {
    if (value < base::Seconds{0}) {
        problems.push_back(
            {field, 0,
             fmt::format("{} seconds are less than none; expected 0s to {}", value.count(),
                         base::format_duration(policy_duration_max))});
    } else if (value > policy_duration_max) {
        problems.push_back(
            {field, 0,
             fmt::format("{} is too long; expected at most {}", base::format_duration(value),
                         base::format_duration(policy_duration_max))});
    }
}

void check_count(std::string_view field, std::size_t count, std::size_t most, Problems& problems) {
    if (count > most)
        problems.push_back(
            {field, 0, fmt::format("{} are too many; expected at most {}", count, most)});
}

void check_exit_codes(std::string_view field, std::string_view member,
                      const std::vector<int>& codes, Problems& problems) {
    for (std::size_t i = 0; i < codes.size(); ++i) {
        if (codes[i] >= exit_code_min && codes[i] <= exit_code_max) continue;
        problems.push_back({.field = field,
                            .message = fmt::format("{} is no exit code; expected {} to {}",
                                                   codes[i], exit_code_min, exit_code_max),
                            .member = member,
                            .item = i});
    }
}

void check_choices(std::string_view field, std::string_view member,
                   const std::vector<std::string>& values, std::span<const std::string_view> known,
                   Problems& problems) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::find(known.begin(), known.end(), values[i]) != known.end()) continue;
        problems.push_back({.field = field,
                            .message = fmt::format(
                                "unknown value '{}'; expected {}{}", base::one_line(values[i], 60),
                                fmt::join(known, ", "), base::did_you_mean(values[i], known)),
                            .member = member,
                            .item = i});
    }
}

void check_command(std::string_view field, std::string_view member,
                   const std::vector<std::string>& argv, Problems& problems) {
    const auto fail = [&](std::string message) {
        problems.push_back({.field = field, .message = std::move(message), .member = member});
    };
    if (argv.empty() || argv.front().empty())
        fail("expected a program and its arguments; found no program");
    else if (argv.size() > arguments_max)
        fail(fmt::format("{} arguments are too many; expected at most {}", argv.size(),
                         arguments_max));
    else if (std::any_of(argv.begin(), argv.end(), has_nul))
        fail("an argument holds a NUL character");
}

void check_url(std::string_view field, std::string_view member, std::string_view url,
               Problems& problems) {
    const auto fail = [&](std::string message) {
        problems.push_back({.field = field, .message = std::move(message), .member = member});
    };
    const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
    if (scheme == 0)
        fail(fmt::format("'{}' is no URL; expected one that starts with http:// or https://",
                         base::one_line(url, 60)));
    else if (url.size() == scheme || std::string_view("/?#:@").find(url[scheme]) != url.npos)
        fail(fmt::format("'{}' names no host", base::one_line(url, 60)));
    else if (!std::all_of(url.begin(), url.end(), is_url_character))
        fail("a URL holds no blanks, quotes or control characters; write them as %20 and the like");
    else if (url.size() > url_bytes_max)
        fail(fmt::format("{} bytes are too long; expected at most {}", url.size(), url_bytes_max));
}

} // namespace agentcron::schedule
