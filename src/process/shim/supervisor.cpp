#include "process/shim/supervisor.hpp"

#include "process/shim/agent_cgroup.hpp"
#include "process/shim/clocks.hpp"
#include "process/shim/state_files.hpp"

#include <cerrno>
#include <csignal>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace agentcron::shim {
namespace {

constexpr std::uint64_t full_disk_retry_ms = 200;

} // namespace

Supervisor::Supervisor(const process::SpecView& spec, std::uint64_t prompt_offset,
                       std::uint64_t spool_size)
    : spec_(spec)
    , prompt_offset_(prompt_offset)
    , spool_(process::wire::spool_fd, spool_size)
    , cap_(spec.header, spool_)
    , backlog_(spec.header, spool_)
    , requests_(process::wire::listener_fd, spec.ask_token, spool_, backlog_, stdin_, tree_) {}

void Supervisor::run(process::ExitText& exit) {
    if (open_waits(exit) && start(exit))
        while (!finished()) step();
    if (tree_.gone()) tree_.describe(exit);
    if (spec_.header.in_cgroup != 0) {
        exit.oom_kills = oom_kills();
        remove_cgroup();
    }
    exit.deadline_hit = deadline_hit_;
    exit.lease_over = lease_over_;
    exit.output_limit_hit = output_limit_hit_;
    exit.terminated = requests_.end_was_requested() || signalled_;
    exit.spool_bytes = spool_.size();
    exit.spool_stalls = spool_.stalls() + cap_.stalls();
    exit.lost_bytes = spool_.pending() + cap_.pending() + unread_bytes();
}

bool Supervisor::open_waits(process::ExitText& exit) {
    sigset_t taken;
    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    sigaddset(&taken, SIGTERM);
    signal_fd_ = ::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    timer_fd_ = ::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (signal_fd_ >= 0 && timer_fd_ >= 0) return true;
    exit.stage = "pipe";
    exit.error = errno;
    return false;
}

bool Supervisor::start(process::ExitText& exit) {
    if (const int error = cap_.open(); error != 0) {
        exit.stage = "spool";
        exit.error = error;
        return false;
    }
    const StartedAgent agent = start_agent(spec_);
    if (agent.failed_stage != nullptr) {
        exit.stage = agent.failed_stage;
        exit.error = agent.error;
        return false;
    }
    write_meta(agent.pid);
    tree_.own(agent.pid, spec_.header.in_cgroup != 0);
    requests_.introduce_agent(agent.pid);
    if (spec_.header.deadline_ms != 0) deadline_ms_ = since_boot_ms() + spec_.header.deadline_ms;
    outputs_[0] = {agent.pipes.from_stdout, process::Stream::out};
    outputs_[1] = {agent.pipes.from_stderr, process::Stream::err};
    outputs_[2] = {agent.pipes.from_events, process::Stream::event};
    stdin_.open(agent.pipes.to_stdin);
    stdin_.add(process::wire::spec_fd, prompt_offset_, spec_.header.stdin_bytes);
    if (spec_.header.stdin_stays_open == 0) stdin_.close_when_empty();
    stdin_.pump();
    return true;
}

void Supervisor::step() {
    pollfd polled[6 + 1 + connections_max];
    polled[0] = {signal_fd_, POLLIN, 0};
    polled[1] = {timer_fd_, POLLIN, 0};
    polled[2] = {spool_.stalled() ? -1 : stdin_.waiting_fd(), POLLOUT, 0};
    for (int i = 0; i < 3; ++i) polled[3 + i] = {takes_output() ? outputs_[i].fd : -1, POLLIN, 0};
    const std::size_t clients = requests_.fill(polled + 6);
    arm_timer();
    if (::poll(polled, 6 + clients, -1) < 0) return; // EINTR, or ENOMEM: then again

    for (int i = 0; i < 3; ++i)
        if (polled[3 + i].revents != 0 && takes_output()) read_output(outputs_[i]);
    if (polled[2].revents != 0) stdin_.pump();
    requests_.serve(polled + 6, clients);
    requests_.take_times(deadline_ms_, lease_ms_);
    if (polled[0].revents != 0) take_signals();
    if (polled[1].revents != 0) on_time();
    if (stdin_.waiting_fd() >= 0 && !spool_.stalled()) stdin_.pump();
    if (tree_.gone() && !stalled()) drain();
}

void Supervisor::take_signals() {
    signalfd_siginfo info;
    bool child_ended = false;
    while (::read(signal_fd_, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) child_ended = true;
        if (info.ssi_signo == SIGTERM) {
            signalled_ = true;
            tree_.terminate(since_boot_ms(), spec_.header.grace_ms);
        }
    }
    if (child_ended) tree_.reap(since_boot_ms());
}

void Supervisor::on_time() {
    std::uint64_t expirations = 0;
    if (::read(timer_fd_, &expirations, sizeof expirations) != sizeof expirations) return;
    armed_ms_ = 0;
    const std::uint64_t now = since_boot_ms();
    end_if_due(deadline_ms_, spec_.header.grace_ms, deadline_hit_);
    end_if_due(lease_ms_, requests_.lease_grace_ms(), lease_over_);
    tree_.on_time(now);
    if (retry_ms_ != 0 && now >= retry_ms_) {
        retry_ms_ = 0;
        spool_.retry();
        cap_.retry();
        if (!spool_.stalled()) requests_.resume();
    }
}

void Supervisor::end_if_due(std::uint64_t& at_ms, std::uint32_t grace_ms, bool& is_the_reason) {
    const std::uint64_t now = since_boot_ms();
    if (at_ms == 0 || now < at_ms) return;
    at_ms = 0;
    // An agent that has ended by itself was in time, also if its output still waits for space.
    if (!tree_.agent_ended()) is_the_reason = true;
    tree_.terminate(now, grace_ms);
}

void Supervisor::arm_timer() {
    if (!stalled())
        retry_ms_ = 0;
    else if (retry_ms_ == 0)
        retry_ms_ = since_boot_ms() + full_disk_retry_ms;
    const std::uint64_t due =
        earlier(earlier(deadline_ms_, lease_ms_), earlier(retry_ms_, tree_.next_time_ms()));
    if (due == armed_ms_) return;
    armed_ms_ = due;
    itimerspec at{};
    at.it_value.tv_sec = static_cast<time_t>(due / 1000);
    at.it_value.tv_nsec = static_cast<long>(due % 1000 * 1'000'000);
    ::timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &at, nullptr);
}

bool Supervisor::has_bytes(const Output& output) {
    int waiting = 0;
    return output.fd >= 0 && ::ioctl(output.fd, FIONREAD, &waiting) == 0 && waiting > 0;
}

void Supervisor::read_output(Output& output) {
    char bytes[process::frame_bytes_max];
    const ssize_t size = ::read(output.fd, bytes, sizeof bytes);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) {
        ::close(output.fd);
        output.fd = -1;
        return;
    }
    // What was written elsewhere before this stands before it in the spool too. One read of each
    // takes all that a pipe holds.
    if (output.stream == process::Stream::out)
        for (Output* other : {&outputs_[1], &outputs_[2]})
            if (has_bytes(*other)) read_output(*other);
    if (cap_.keep(output.stream, bytes, static_cast<std::size_t>(size))) return;
    // What comes in its grace time is read, so that it can end, and dropped.
    if (!output_limit_hit_) tree_.terminate(since_boot_ms(), spec_.header.grace_ms);
    output_limit_hit_ = true;
}

// Nobody of the tree is left to write. A stranger may still hold a pipe, so its end is not waited
// for: what stands in the pipes is everything.
void Supervisor::drain() {
    for (Output& output : outputs_) {
        while (output.fd >= 0 && !stalled()) {
            if (!has_bytes(output)) break;
            read_output(output);
        }
    }
    drained_ = !stalled();
}

// With the disk full at the end, the rest waits for space as long as nobody wants the attempt to
// end; then it is given up, and the exit record says how much it was.
bool Supervisor::finished() const {
    return tree_.gone() && (drained_ || tree_.grace_over(since_boot_ms()));
}

std::uint64_t Supervisor::unread_bytes() const {
    std::uint64_t bytes = 0;
    for (const Output& output : outputs_) {
        int waiting = 0;
        if (output.fd >= 0 && ::ioctl(output.fd, FIONREAD, &waiting) == 0)
            bytes += static_cast<std::uint64_t>(waiting);
    }
    return bytes;
}

} // namespace agentcron::shim
