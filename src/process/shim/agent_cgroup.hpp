// The agent's control group, if it has one: the link `cgroup` in the working directory leads there
// (process/cgroup.hpp makes it).
#pragma once

#include <cstdint>

namespace agentcron::shim {

// Puts the calling process in. 0 or errno.
int join_cgroup();
// SIGKILL to all that is in it.
void kill_cgroup();
// How often the kernel ended something in it because its memory was used up.
std::uint64_t oom_kills();
void remove_cgroup();

} // namespace agentcron::shim
