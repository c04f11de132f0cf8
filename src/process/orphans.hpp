// Ends what a shim left behind when it was killed itself: its agent and descendants then belong to
// init, and no parent chain leads to them any more.
#pragma once

#include "process/run_directory.hpp"

namespace agentcron::process {

// SIGKILLs the agent's session (if `meta` names the agent and it still lives), and every process
// whose environment carries this run's socket, which is how those are found that made sessions of
// their own. Looks at each process of the machine, again until none is left. What escapes: a
// process that cleared its environment and left the session.
void kill_orphans(const RunDirectory& directory);

} // namespace agentcron::process
