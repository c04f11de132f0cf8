#include "process/memory_use.hpp"

#include "process/descendants.hpp"

#include <array>
#include <fstream>
#include <string>
#include <unistd.h>

namespace agentcron::process {
namespace {

// A tree that deep is no agent's.
constexpr int depth_max = 32;
constexpr std::size_t children_max = 256;

std::uint64_t resident_bytes_of(pid_t pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/statm");
    std::uint64_t total_pages = 0;
    std::uint64_t resident_pages = 0;
    in >> total_pages >> resident_pages;
    return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t sum_below(pid_t parent, int depth) {
    if (depth == 0) return 0;
    std::array<pid_t, children_max> pids{};
    const auto count = children_of(parent, pids.data(), pids.size());
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i)
        bytes += resident_bytes_of(pids[i]) + sum_below(pids[i], depth - 1);
    return bytes;
}

} // namespace

std::uint64_t resident_bytes_below(pid_t parent) {
    return sum_below(parent, depth_max);
}

} // namespace agentcron::process
