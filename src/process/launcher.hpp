// Starts a shim on a new run directory, in two steps, so that what else may fail on the daemon's
// side can be done between them, before there is an agent.
#pragma once

#include "base/spawn.hpp"
#include "process/agent_process.hpp"
#include "process/run_directory.hpp"

namespace agentcron::process {

// What a shim gets besides its directory. To be closed once it was started: the spool's lock must
// be the shim's alone.
struct ShimInput {
    base::UniqueFd spool;
    base::UniqueFd listener;
    base::UniqueFd spec;
};

base::Result<ShimInput, LaunchError> make_input(const LaunchSpec& spec,
                                                const RunDirectory& directory);

// The directory and its files alone, for a process that lives already.
std::optional<LaunchError> provide_files(const LaunchSpec& spec);

// On failure no process is left behind.
base::Result<base::Child, LaunchError> start_shim(const std::filesystem::path& shim,
                                                  const RunDirectory& directory,
                                                  const ShimInput& input);

} // namespace agentcron::process
