// Ctrl-C and SIGTERM as something to wait for, so that a command which waits can end in order: a
// private PostgreSQL that was started for it must stop with it.
#pragma once

#include "base/unique_fd.hpp"

#include <csignal>

namespace agentcron::cli {

// While it lives SIGINT and SIGTERM do not end the process.
class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    // Waits for bytes on `fd`, at most `timeout_ms`. Throws Reported (130) when interrupted.
    void wait_readable(int fd, int timeout_ms) const;

private:
    sigset_t before_{};
    base::UniqueFd signals_;
};

} // namespace agentcron::cli
