#include "agent/takeover.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {
namespace {

using Words = std::vector<std::string>;

constexpr std::array<std::string_view, 3> places{"HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME"};
// What makes a program of these run without a person.
constexpr std::array<std::string_view, 2> unattended_claude{"-p", "--print"};
constexpr std::array<std::string_view, 4> unattended_codex{"exec", "app-server", "--json",
                                                           "--skip-git-repo-check"};

Words without(const Words& command, std::span<const std::string_view> left_out) {
    Words kept;
    std::copy_if(command.begin(), command.end(), std::back_inserter(kept), [&](const auto& word) {
        return std::find(left_out.begin(), left_out.end(), word) == left_out.end();
    });
    return kept;
}

Words with(Words command, std::string_view option, std::string_view session_id) {
    command.emplace_back(option);
    command.emplace_back(session_id);
    return command;
}

// Agents of the Agent Client Protocol whose sessions are those of a program for terminals.
Words known_acp(const Words& command, std::string_view session_id) {
    const auto runs = [&](std::string_view program) {
        return std::any_of(command.begin(), command.end(), [&](std::string_view word) {
            return word.substr(word.find_last_of('/') + 1) == program;
        });
    };
    if (runs("claude-agent-acp")) return with({"claude"}, "--resume", session_id);
    if (runs("codex-acp")) return with({"codex"}, "resume", session_id);
    if (runs("gemini")) return with({"gemini"}, "--resume", session_id);
    return {};
}

} // namespace

Takeover takeover_of(const Profile& profile, std::string_view session_id) {
    Takeover takeover;
    if (profile.driver == "claude") {
        takeover.argv = with(without(profile.command, unattended_claude), "--resume", session_id);
    } else if (profile.driver == "codex") {
        takeover.argv = with(without(profile.command, unattended_codex), "resume", session_id);
    } else if (profile.driver == "acp") {
        takeover.argv = known_acp(profile.command, session_id);
        takeover.why_not = "the Agent Client Protocol has no command for a terminal; perhaps the "
                           "agent's own program can open the session";
    } else {
        takeover.why_not = fmt::format("an agent of driver {} has no command for a terminal; what "
                                       "its session means it alone knows",
                                       profile.driver);
    }
    if (takeover.argv.empty()) return takeover;
    takeover.why_not.clear();
    std::copy_if(profile.env.begin(), profile.env.end(), std::back_inserter(takeover.env),
                 [](const auto& variable) {
                     return std::find(places.begin(), places.end(), variable.first) != places.end();
                 });
    return takeover;
}

std::string shell_word(std::string_view word) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_-./:=@%+,";
    if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos)
        return std::string(word);
    std::string quoted = "'";
    for (const char c : word) {
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    }
    return quoted + "'";
}

std::string shell_line(const Takeover& takeover, std::string_view directory) {
    std::string line;
    if (!directory.empty()) line = fmt::format("cd {} && ", shell_word(directory));
    for (const auto& [name, value] : takeover.env)
        line += fmt::format("{}={} ", name, shell_word(value));
    for (const auto& word : takeover.argv)
        line += (&word == &takeover.argv.front() ? "" : " ") + shell_word(word);
    return line;
}

} // namespace agentcron::agent
