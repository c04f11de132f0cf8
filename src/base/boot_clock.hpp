// The time since the machine's boot, its sleep included: untouched by changes of the wall clock,
// and the same for every process, so it outlives the one that noted it.
#pragma once

#include "base/clock.hpp"

#include <ctime>

namespace agentcron::base {

// CLOCK_BOOTTIME.
inline Millis since_boot() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return Millis(static_cast<Millis::rep>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000);
}

} // namespace agentcron::base
