// Counts the active time of an attempt: runs, stands still while a person is asked, goes on. Fires
// once when the time is used up.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>

namespace agentcron::engine {

class ActiveTimer {
public:
    using Clock = std::chrono::steady_clock;
    // Zero `limit` never fires.
    ActiveTimer(boost::asio::io_context& loop, Clock::duration limit, std::function<void()> fired)
        : timer_(loop), left_(limit), limited_(limit.count() > 0), fired_(std::move(fired)) {}

    void run() {
        if (running_ || !limited_) return;
        running_ = true;
        since_ = Clock::now();
        timer_.expires_after(left_);
        timer_.async_wait([this](const boost::system::error_code& error) {
            // One that was under way when it was made to stand still is of no account.
            if (!error && running_ && Clock::now() >= since_ + left_) fired_();
        });
    }
    // Counts time that has passed before; while it stands still.
    void spend(Clock::duration time) { left_ = std::max(Clock::duration::zero(), left_ - time); }
    // What is left when it stands still; meaningless without a limit.
    Clock::duration left() const { return left_; }
    bool is_limited() const { return limited_; }

    void stand_still() {
        if (!running_) return;
        running_ = false;
        left_ = std::max(Clock::duration::zero(), left_ - (Clock::now() - since_));
        timer_.cancel();
    }

private:
    boost::asio::steady_timer timer_;
    Clock::duration left_;
    Clock::time_point since_{};
    bool limited_;
    bool running_ = false;
    std::function<void()> fired_;
};

} // namespace agentcron::engine
