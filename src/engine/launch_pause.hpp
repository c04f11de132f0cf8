// How many tasks a worker claims while its machine lacks what starting an agent takes: none during
// a pause that grows from a second to half a minute, then one, then twice as many after each agent
// that was seen to run, for what there is may be enough for some. Pure: the caller says what
// happened and keeps the time.
#pragma once

#include "base/backoff.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace agentcron::engine {

class LaunchPause {
public:
    using Time = std::chrono::steady_clock::time_point;

    // An agent could not be started. True: before this one they could.
    bool could_not_start(Time now, double random) {
        if (is_on() && now < until_) return false; // claimed together with the one before
        const bool is_first = !is_on();
        most_ = 1;
        was_seen_running_ = false;
        until_ = now + backoff_.next(random);
        return is_first;
    }
    // An agent was seen to run. True: another claim may get more than the one before.
    bool could_start() {
        if (!is_on()) return false;
        was_seen_running_ = true;
        most_ = most_ > all / 2 ? all : 2 * most_;
        if (most_ >= enough) return end();
        return true;
    }
    // Something of ours has ended, and what it took is free. True: a claim may come before the end
    // of the pause.
    bool made_room() {
        until_ = {};
        return is_on();
    }
    // A claim that was allowed `most` got `count`. True: agents start again, and nothing was held
    // back.
    bool claimed(int count, int most) {
        if (!is_on() || !was_seen_running_ || count >= most) return false;
        return end();
    }
    int allowed(int free, Time now) const { return now < until_ ? 0 : std::min(free, most_); }

    bool is_on() const { return most_ < all; }
    Time until() const { return until_; } // the end of the pause

private:
    static constexpr int all = std::numeric_limits<int>::max();
    static constexpr int enough = 64; // as one claim gets

    bool end() {
        most_ = all;
        until_ = {};
        backoff_.reset();
        return true;
    }

    base::Backoff backoff_{base::Millis(1000), base::Millis(30'000)};
    int most_ = all;
    Time until_{};
    bool was_seen_running_ = false;
};

} // namespace agentcron::engine
