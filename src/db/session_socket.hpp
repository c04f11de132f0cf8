// The socket of a session, for another thread that has to end it: libpq waits for an answer without
// a limit, also for that of a server that stopped in the middle of it. Any thread.
#pragma once

#include "base/unique_fd.hpp"

#include <chrono>
#include <mutex>

namespace agentcron::db {

class SessionSocket {
public:
    using Clock = std::chrono::steady_clock;

    // Keeps a duplicate: the session's own number may be another's by the time it is ended.
    void open(int fd);
    void close();
    // Something of the session goes on.
    void touch();
    // Whoever waits on the session finds it broken. The second: if nothing went on since then.
    void cut();
    void cut_if_silent_since(Clock::time_point time);

private:
    void shut_down();

    std::mutex mutex_; // guards all
    base::UniqueFd fd_;
    Clock::time_point touched_{};
};

} // namespace agentcron::db
