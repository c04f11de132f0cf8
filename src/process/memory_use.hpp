// How much memory an agent takes. A look at /proc; nothing is exact there.
#pragma once

#include <cstdint>
#include <sys/types.h>

namespace agentcron::process {

// Resident bytes of all descendants of a process, not of itself. What they share counts for each.
std::uint64_t resident_bytes_below(pid_t parent);

} // namespace agentcron::process
