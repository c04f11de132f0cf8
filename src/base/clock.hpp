// Time as a parameter: the engine takes a Clock by constructor, tests advance a fake one.
#pragma once

#include <chrono>

namespace agentcron::base {

using Instant = std::chrono::sys_time<std::chrono::microseconds>; // UTC, POSIX time
using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
};

// CLOCK_REALTIME.
class SystemClock final : public Clock {
public:
    Instant now() const override {
        return std::chrono::time_point_cast<std::chrono::microseconds>(
            std::chrono::system_clock::now());
    }
};

} // namespace agentcron::base
