// The two small files that tell a daemon about this run. The working directory is the run
// directory.
#pragma once

#include "process/state_text.hpp"

#include <sys/types.h>

namespace agentcron::shim {

// Writes `meta`. Without it (a full disk) a daemon learns the same through the socket.
void write_meta(pid_t agent);

// Makes the exit record appear, in the space that its launcher has reserved; elsewhere it waits
// while the disk does not take it.
void write_exit(const process::ExitText& exit);

} // namespace agentcron::shim
