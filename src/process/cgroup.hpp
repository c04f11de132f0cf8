// Control groups (cgroup v2) for agents whose memory, processes or CPU are limited. Each such run
// has a group of its own, to which the link `cgroup` in its run directory leads; the shim puts the
// agent in, ends all that is in it by cgroup.kill and removes it. The groups are made in the group
// that AGENTCRON_CGROUP names, as systemd's service does; else beside the daemon's own, where its
// group was delegated to it.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::process {

// What an agent and all that it starts may use together; 0: any amount.
struct Resources {
    std::uint64_t memory_bytes_max = 0;
    std::uint64_t pids_max = 0;
    double cpus_max = 0; // 1.5: one and a half processors
    bool any() const { return memory_bytes_max != 0 || pids_max != 0 || cpus_max != 0; }
    bool operator==(const Resources&) const = default;
};

struct CgroupSetting {
    std::string controller; // "memory"
    std::string file;       // "memory.max"
    std::string value;
};
std::vector<CgroupSetting> settings_of(const Resources& resources);

// The directory of a process's group, from its /proc/PID/cgroup and /proc/PID/mountinfo; nullopt
// where no cgroup2 is mounted.
std::optional<std::filesystem::path> cgroup_directory(std::string_view cgroup,
                                                      std::string_view mountinfo);
// Where the groups of runs are made, by what was named for it, or null, and that of the daemon.
std::optional<std::filesystem::path>
parent_of_runs(const char* named, const std::optional<std::filesystem::path>& own);

struct CgroupError {
    int error = 0;     // errno
    std::string about; // "/sys/fs/cgroup/a has no controller memory"
};

// Moves this process out of the group that was delegated to it into one below: controllers can only
// be switched on where no process is. Called once, before there are children; does nothing where
// nothing was delegated or another group was named.
void enter_daemon_cgroup();

// Makes a group with these limits. Nothing is left behind where that fails.
base::Result<std::filesystem::path, CgroupError> make_cgroup(const std::string& name,
                                                             const Resources& resources);
// SIGKILLs all that is in the group and waits for their end, at most a second.
void kill_cgroup(const std::filesystem::path& cgroup);
void remove_cgroup(const std::filesystem::path& cgroup);

} // namespace agentcron::process
