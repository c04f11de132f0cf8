// Pauses between tries of something outside of us: doubling up to a cap, with jitter, so that many
// who lost the same server do not come back together.
#pragma once

#include "base/clock.hpp"

#include <algorithm>

namespace agentcron::base {

class Backoff {
public:
    Backoff(Millis first, Millis cap) : first_(first), cap_(cap), next_(first) {}
    // The next pause: uniform in [d/2, d] by `random` in [0, 1).
    Millis next(double random) {
        const Millis pause = next_;
        next_ = std::min(cap_, next_ * 2);
        return pause / 2 +
               Millis(static_cast<std::int64_t>(static_cast<double>((pause / 2).count()) * random));
    }
    void reset() { next_ = first_; }

private:
    Millis first_;
    Millis cap_;
    Millis next_;
};

} // namespace agentcron::base
