// Finds the children of a process. Used by the shim (whose children are, as it is a subreaper, the
// roots of everything that is left of its agent), so no C++ library.
#pragma once

#include <cstddef>
#include <sys/types.h>

namespace agentcron::process {

// Fills `pids` with children of `parent`, a process of one thread; returns how many, at most
// `capacity`: more may exist. Zombies count. Reads /proc/PID/task/PID/children, or where the kernel
// lacks that file, scans /proc.
std::size_t children_of(pid_t parent, pid_t* pids, std::size_t capacity);

// The scan alone: a look at each process of the machine.
std::size_t children_by_scan(pid_t parent, pid_t* pids, std::size_t capacity);

} // namespace agentcron::process
