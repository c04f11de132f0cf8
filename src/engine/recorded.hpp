// What a shim has recorded in its spool of what it was fed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string_view>

namespace agentcron::engine {

struct Recorded {
    std::uint64_t fed_bytes = 0;
    std::uint64_t end = 0; // offset behind the last frame
};

// Of a spool; both offsets are 0 or behind a frame.
struct Part {
    std::uint64_t from = 0;
    std::uint64_t to = std::numeric_limits<std::uint64_t>::max();
    std::string_view mark{}; // what was fed before these bytes, which begin a frame, does not count
};

// All zero where there is no spool.
Recorded recorded_in(const std::filesystem::path& run_directory, const Part& part = {});

} // namespace agentcron::engine
