// How a person takes an agent's conversation over in his own terminal: the command of the agent's
// own program that opens its session. Pure.
#pragma once

#include "agent/profile.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentcron::agent {

struct Takeover {
    std::vector<std::string> argv; // empty: there is no such command
    // Of the agent's own variables those that say where its sessions are kept.
    std::vector<std::pair<std::string, std::string>> env{};
    std::string why_not{}; // of one without a command: one sentence
};

Takeover takeover_of(const Profile& profile, std::string_view session_id);

// For a POSIX shell: "cd DIR && NAME=value program argument". "" as directory: without the `cd`.
std::string shell_line(const Takeover& takeover, std::string_view directory);
// As it is, or in quotes where the shell would not leave it as it is.
std::string shell_word(std::string_view word);

} // namespace agentcron::agent
