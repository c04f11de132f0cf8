// What may still be written where a path lies.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace agentcron::base {

struct DiskRoom {
    std::uint64_t bytes = 0;
    std::optional<std::uint64_t> files{}; // nullopt: the file system makes its inodes as needed
    bool is_read_only = false;

    // Too little for anything that grows.
    bool is_used_up() const { return is_read_only || bytes < (1u << 20) || (files && *files < 16); }
};

// For this process: what is kept for root counts for root alone. nullopt: there is no such path.
std::optional<DiskRoom> disk_room(const std::filesystem::path& path);

} // namespace agentcron::base
