#include "cli/interrupt.hpp"

#include "cli/errors.hpp"

#include <poll.h>
#include <sys/signalfd.h>

namespace agentcron::cli {
namespace {

sigset_t ending_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

} // namespace

Interrupt::Interrupt() {
    const auto set = ending_signals();
    ::sigprocmask(SIG_BLOCK, &set, &before_);
    signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC));
}

Interrupt::~Interrupt() {
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::wait_readable(int fd, int timeout_ms) const {
    pollfd fds[] = {{fd, POLLIN, 0}, {signals_.get(), POLLIN, 0}};
    if (::poll(fds, 2, timeout_ms) <= 0 || fds[1].revents == 0) return;
    signalfd_siginfo info{}; // taken, or it would end the process when it is unblocked
    if (::read(signals_.get(), &info, sizeof info) == sizeof info) throw Reported{130};
}

} // namespace agentcron::cli
