// Fires when nothing was heard for so long while it runs. What is heard only notes the time; the
// timer itself is set anew when it goes off too early, so that a talkative agent costs nothing.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>

namespace agentcron::engine {

class StallTimer {
public:
    using Clock = std::chrono::steady_clock;
    // `fired` gets the time of silence; it may call run() again. Zero `limit` never fires.
    StallTimer(boost::asio::io_context& loop, Clock::duration limit,
               std::function<void(Clock::duration)> fired)
        : timer_(loop), limit_(limit), fired_(std::move(fired)) {}

    // Counts from now.
    void run() {
        if (running_ || limit_.count() <= 0) return;
        running_ = true;
        heard();
        arm();
    }
    void heard() { heard_at_ = Clock::now(); }
    // While it runs: nothing was heard for so long before now.
    void been_silent(Clock::duration silence) {
        if (!running_) return;
        heard_at_ = Clock::now() - silence;
        timer_.cancel();
        arm();
    }
    void stand_still() {
        running_ = false;
        timer_.cancel();
    }

private:
    void arm() {
        timer_.expires_at(heard_at_ + limit_);
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (error || !running_) return;
            const auto silence = Clock::now() - heard_at_;
            if (silence < limit_) return arm();
            running_ = false;
            fired_(silence);
        });
    }

    boost::asio::steady_timer timer_;
    Clock::duration limit_;
    Clock::time_point heard_at_{};
    bool running_ = false;
    std::function<void(Clock::duration)> fired_;
};

} // namespace agentcron::engine
