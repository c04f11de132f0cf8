// The two small files that tell a daemon about this run. The working directory is the run
// directory.
#pragma once

#include "process/state_text.hpp"

#include <sys/types.h>

namespace agentcron::shim {

// Makes the exit record's draft with its space on the disk, so that a full disk cannot keep the
// record from being written. 0 or errno.
int reserve_exit();

// Writes `meta`. Without it (a full disk) a daemon learns the same through the socket.
void write_meta(pid_t agent);

// Makes the exit record appear. Waits while the disk does not take it.
void write_exit(const process::ExitText& exit);

} // namespace agentcron::shim
