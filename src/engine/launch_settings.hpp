// How agents are started by this process: its binary, its shim, its environment.
#pragma once

#include "engine/launch_plan.hpp"

#include <filesystem>

namespace agentcron::engine {

// Throws std::runtime_error where the shim is not installed.
LaunchSettings launch_settings(const std::filesystem::path& run_root);

} // namespace agentcron::engine
