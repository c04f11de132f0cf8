#include "process/shim/agent_tree.hpp"

#include "process/descendants.hpp"
#include "process/shim/agent_cgroup.hpp"
#include "process/shim/clocks.hpp"

#include <cerrno>
#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace agentcron::shim {
namespace {

// How long a process may take to die of SIGKILL: it may hang in the kernel, or belong to another
// user (sudo inside the agent). Then the attempt ends without it, and the record counts it.
constexpr std::uint64_t sweep_ms_max = 10'000;
constexpr std::size_t children_max = 512; // at once; the sweep goes on with the rest

} // namespace

void AgentTree::terminate(std::uint64_t now_ms, std::uint64_t grace_ms) {
    kill_at_ms_ = earlier(kill_at_ms_, now_ms + grace_ms);
    if (polite_sent_ || agent_ended_) return;
    polite_sent_ = true;
    signal_group(SIGTERM);
    signal_group(SIGCONT); // a stopped process would not see it
}

void AgentTree::kill(std::uint64_t now_ms) {
    kill_at_ms_ = earlier(kill_at_ms_, now_ms);
    begin_sweep(now_ms);
    kill_children();
}

void AgentTree::reap(std::uint64_t now_ms) {
    if (!agent_ended_) {
        // Looked at before it is reaped: while it is a zombie its group's number is still its own.
        siginfo_t info{};
        ::waitid(P_PID, static_cast<id_t>(agent_), &info, WEXITED | WNOHANG | WNOWAIT);
        if (info.si_pid == agent_) {
            note_status(info.si_code, info.si_status);
            signal_group(SIGKILL);
            begin_sweep(now_ms);
        }
    }
    pid_t reaped = 0;
    while ((reaped = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (reaped < 0 && errno == ECHILD)
        gone_ = true;
    else if (give_up_at_ms_ != 0)
        kill_children();
}

void AgentTree::on_time(std::uint64_t now_ms) {
    if (gone_) return;
    if (grace_over(now_ms) && give_up_at_ms_ == 0) kill(now_ms);
    if (give_up_at_ms_ != 0 && now_ms >= give_up_at_ms_) {
        pid_t children[children_max];
        survivors_ = process::children_of(::getpid(), children, children_max);
        gone_ = true;
    }
}

std::uint64_t AgentTree::next_time_ms() const {
    if (gone_) return 0;
    return give_up_at_ms_ != 0 ? give_up_at_ms_ : kill_at_ms_;
}

void AgentTree::describe(process::ExitText& exit) const {
    exit.exit_code = exit_code_;
    exit.signal = signal_;
    exit.survivors = survivors_;
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    exit.user_micros = usage.ru_utime.tv_sec * 1'000'000 + usage.ru_utime.tv_usec;
    exit.system_micros = usage.ru_stime.tv_sec * 1'000'000 + usage.ru_stime.tv_usec;
    exit.max_rss_kib = usage.ru_maxrss;
}

void AgentTree::begin_sweep(std::uint64_t now_ms) {
    if (give_up_at_ms_ == 0) give_up_at_ms_ = now_ms + sweep_ms_max;
}

// Each child that dies of this sends SIGCHLD, and by then its own children are ours: so every
// generation is reached, and the sweep is over exactly when there is no child left.
void AgentTree::kill_children() {
    if (has_cgroup_) kill_cgroup();
    if (!agent_ended_) signal_group(SIGKILL);
    pid_t children[children_max];
    const std::size_t count = process::children_of(::getpid(), children, children_max);
    for (std::size_t i = 0; i < count; ++i) ::kill(children[i], SIGKILL);
}

void AgentTree::signal_group(int signal) const {
    if (agent_ > 1)
        ::kill(-agent_, signal); // never "everybody" or init, whatever went wrong before
}

void AgentTree::note_status(int code, int status) {
    agent_ended_ = true;
    (code == CLD_EXITED ? exit_code_ : signal_) = status;
}

} // namespace agentcron::shim
