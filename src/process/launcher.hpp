// Makes a run directory and starts a shim on it.
#pragma once

#include "base/spawn.hpp"
#include "process/agent_process.hpp"
#include "process/run_directory.hpp"

namespace agentcron::process {

struct LaunchedShim {
    RunDirectory directory;
    base::Child shim;
};

// On failure no process and no directory is left behind.
base::Result<LaunchedShim, LaunchError> launch_shim(const LaunchSpec& spec);

} // namespace agentcron::process
