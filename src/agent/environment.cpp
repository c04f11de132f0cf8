#include "agent/environment.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {

namespace {

constexpr std::array<std::string_view, 9> inherited_names{
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR"};
constexpr std::array<std::string_view, 2> inherited_prefixes{"LC_", "XDG_"};
constexpr std::string_view default_path = "/usr/local/bin:/usr/bin:/bin";

bool is_inherited(std::string_view name) {
    return std::find(inherited_names.begin(), inherited_names.end(), name) !=
               inherited_names.end() ||
           std::any_of(inherited_prefixes.begin(), inherited_prefixes.end(),
                       [&](std::string_view prefix) { return name.starts_with(prefix); });
}

// "NAME=value" in two; nullopt for what is no variable.
std::optional<std::pair<std::string_view, std::string_view>> parts_of(std::string_view variable) {
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    return std::pair{variable.substr(0, equals), variable.substr(equals + 1)};
}

// The path with `directory` at its end, unless it is there already.
std::string with_directory(std::string_view path, std::string_view directory) {
    if (directory.empty()) return std::string(path);
    const auto present = base::split(path, ':');
    if (std::find(present.begin(), present.end(), directory) != present.end())
        return std::string(path);
    return fmt::format("{}:{}", path, directory);
}

// The value of a quoted text that starts with its quote; nullopt where it has no proper end.
std::optional<std::string> unquoted(std::string_view text) {
    const char quote = text.front();
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == quote) {
            const auto rest = base::trim(text.substr(i + 1));
            if (!rest.empty() && rest.front() != '#') return std::nullopt;
            return value;
        }
        if (text[i] != '\\' || quote == '\'' || i + 1 == text.size()) {
            value += text[i];
            continue;
        }
        const char escaped = text[++i];
        switch (escaped) {
        case 'n': value += '\n'; break;
        case 't': value += '\t'; break;
        case 'r': value += '\r'; break;
        case '"':
        case '\\':
        case '$': value += escaped; break;
        default: value += {'\\', escaped}; break;
        }
    }
    return std::nullopt;
}

} // namespace

base::Result<Variables, EnvFileError> parse_env_file(std::string_view text) {
    Variables variables;
    int number = 0;
    for (std::string_view line : base::split(text, '\n')) {
        ++number;
        line = base::trim(line);
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        if (line.starts_with("export ")) line = base::trim(line.substr(7));
        const std::size_t equals = line.find('=');
        const std::string_view name = base::trim(line.substr(0, equals));
        if (equals == std::string_view::npos || !is_variable_name(name))
            return EnvFileError{number, "expected NAME=value"};
        const std::string_view raw = base::trim(line.substr(equals + 1));
        if (raw.find('\0') != std::string_view::npos)
            return EnvFileError{number, fmt::format("the value of {} has a NUL character", name)};
        const bool quoted = raw.starts_with('"') || raw.starts_with('\'');
        const auto value = quoted ? unquoted(raw) : std::optional<std::string>(raw);
        if (!value) {
            return EnvFileError{number, fmt::format("the value of {} starts with a quote that does "
                                                    "not end the line; quote the whole value",
                                                    name)};
        }
        variables.emplace_back(name, *value);
    }
    return variables;
}

std::vector<std::string> build_environment(const Profile& profile, const Brief& brief,
                                           const EnvironmentParts& parts) {
    std::map<std::string, std::string, std::less<>> variables;
    const auto set = [&](std::string_view name, std::string_view value) {
        variables.insert_or_assign(std::string(name), std::string(value));
    };
    for (const std::string& variable : parts.daemon) {
        const auto part = parts_of(variable);
        if (!part) continue;
        const bool passed = std::find(profile.pass_env.begin(), profile.pass_env.end(),
                                      part->first) != profile.pass_env.end();
        if (passed || is_inherited(part->first)) set(part->first, part->second);
    }
    for (const auto& [name, value] : parts.env_file) set(name, value);
    for (const auto& [name, value] : profile.env) set(name, value);
    if (brief.task_id != 0) {
        set("AGENTCRON_TASK_ID", std::to_string(brief.task_id));
        set("AGENTCRON_SCHEDULE", brief.schedule);
        set("AGENTCRON_FIRE_TIME", brief.fire_time);
        set("AGENTCRON_ATTEMPT", std::to_string(brief.attempt));
    }
    for (const std::string& variable : parts.driver) {
        if (const auto part = parts_of(variable)) set(part->first, part->second);
    }
    const std::string path =
        variables.contains("PATH") ? variables["PATH"] : std::string(default_path);
    set("PATH", with_directory(path, parts.binary_directory));

    std::vector<std::string> environment;
    environment.reserve(variables.size());
    for (const auto& [name, value] : variables)
        environment.push_back(fmt::format("{}={}", name, value));
    return environment;
}

} // namespace agentcron::agent
