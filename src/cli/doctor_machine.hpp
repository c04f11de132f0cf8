// The state directory as doctor sees it: may a worker write there, and is there room?
#pragma once

#include "cli/doctor_facts.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace agentcron::cli {

struct StateFacts {
    std::string path;
    bool exists = false;
    bool is_writable = false;  // by who runs this
    bool is_read_only = false; // its disk
    bool others_write = false; // anybody but its owner
    std::uint64_t free_bytes = 0;
    std::optional<std::uint64_t> free_inodes{}; // nullopt: the file system does not count them
    std::optional<unsigned> runs_mode{};        // nullopt: there are no run directories yet
};

StateFacts look_at_state(const std::filesystem::path& state);
Findings judge_state(const StateFacts& facts);
// Makes the run directories private again. Whether it could.
bool close_runs(const std::filesystem::path& state);

} // namespace agentcron::cli
