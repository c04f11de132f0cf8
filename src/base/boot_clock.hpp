// The time since the machine's boot, its sleep included: untouched by changes of the wall clock,
// and the same for every process, so it outlives the one that noted it.
#pragma once

#include "base/clock.hpp"

#include <ctime>

namespace agentcron::base {

// CLOCK_BOOTTIME.
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

inline Millis since_boot() {
    return std::chrono::floor<Millis>(BootClock::now().time_since_epoch());
}

} // namespace agentcron::base
