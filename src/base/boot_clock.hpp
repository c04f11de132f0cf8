// What has passed on this machine, sleep included: for what others count with their own clocks.
#pragma once

#include <chrono>
#include <ctime>

namespace agentcron::base {

// CLOCK_BOOTTIME: what has passed on this machine. Nobody sets it, and it goes on while the machine
// sleeps, as the clocks of others do.
struct BootClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<BootClock>;
    static constexpr bool is_steady = true;
    static time_point now() noexcept {
        timespec time{};
        ::clock_gettime(CLOCK_BOOTTIME, &time);
        return time_point(std::chrono::seconds(time.tv_sec) +
                          std::chrono::nanoseconds(time.tv_nsec));
    }
};

} // namespace agentcron::base
