// Writes a launch spec for the shim; spec_view.hpp reads it.
#pragma once

#include "base/unique_fd.hpp"
#include "process/agent_process.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace agentcron::process {

// What a launcher adds to a spec.
struct RunVariables {
    std::string ask_token;
    std::string socket_path;
};

// Header and strings, to which spec.stdin_bytes are appended. nullopt if something cannot be passed
// to a program: no argument at all, a NUL inside a string, or more than strings_bytes_max.
std::optional<std::string> write_spec(const LaunchSpec& spec, const RunVariables& run);

// The whole spec in an unnamed file in memory; empty with errno set on failure.
base::UniqueFd spec_file(const LaunchSpec& spec, const RunVariables& run);

// All of it; false with errno set on failure.
bool write_whole(int fd, std::string_view bytes);

} // namespace agentcron::process
