// A timer on the wall clock that notices when the clock is set: it fires at the instant, or at once
// when somebody moved the clock (NTP, an administrator, a resume from suspend). The owner looks at
// the clock again and arms it anew.
#pragma once

#include "base/clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>

namespace agentcron::base {

class RealtimeTimer {
public:
    explicit RealtimeTimer(boost::asio::io_context& loop);

    // Replaces an earlier arming. `fired` runs once, on the loop.
    void arm(Instant at, std::function<void()> fired);
    void cancel();

private:
    void wait();

    boost::asio::posix::stream_descriptor timer_; // a timerfd
    std::function<void()> fired_;
    bool waiting_ = false;
};

} // namespace agentcron::base
