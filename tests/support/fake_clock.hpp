// A clock that stands still until it is set. Any thread may read it.
#pragma once

#include "base/clock.hpp"

#include <atomic>

namespace agentcron::support {

class FakeClock final : public base::Clock {
public:
    base::Instant now() const override {
        return base::Instant(base::Instant::duration(since_1970_.load()));
    }
    void set(base::Instant now) { since_1970_.store(now.time_since_epoch().count()); }

private:
    std::atomic<base::Instant::rep> since_1970_{0};
};

} // namespace agentcron::support
