// The shim's two clocks. Deadlines run on the time since boot, which a changed wall clock does not
// touch and which goes on while the machine sleeps; records carry the wall clock.
#pragma once

#include <cstdint>
#include <ctime>

namespace agentcron::shim {

inline std::uint64_t since_boot_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1000 +
           static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

inline std::int64_t wall_clock_micros() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

// The earlier of two instants, where 0 means never.
inline std::uint64_t earlier(std::uint64_t a, std::uint64_t b) {
    if (a == 0 || b == 0) return a + b;
    return a < b ? a : b;
}

} // namespace agentcron::shim
