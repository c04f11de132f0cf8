// The composition root: builds the daemon from its parts, runs its loop, takes it down in order.
#pragma once

#include "cli/daemon_options.hpp"

namespace agentcron {

// Runs until SIGTERM or SIGINT; a second one ends agents at once. SIGHUP reads the configuration
// again. Returns the exit code; throws what cli::run maps to one (bad configuration, unreachable
// database).
int run_daemon(const cli::DaemonOptions& options);

} // namespace agentcron
