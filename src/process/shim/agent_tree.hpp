// The agent and everything that came of it. The shim is a child subreaper, so whatever the agent
// leaves behind, also by double forks and new sessions, becomes the shim's own child and is found.
// Passive: the supervisor tells it of SIGCHLD and of the time.
#pragma once

#include "process/state_text.hpp"

#include <cstdint>
#include <sys/types.h>

namespace agentcron::shim {

class AgentTree {
public:
    void own(pid_t agent, bool has_cgroup) {
        agent_ = agent;
        has_cgroup_ = has_cgroup;
    }

    // SIGTERM to the agent's group, and SIGKILL to the whole tree `grace_ms` later. Said again, the
    // earlier end counts.
    void terminate(std::uint64_t now_ms, std::uint64_t grace_ms);
    // SIGKILL to the whole tree.
    void kill(std::uint64_t now_ms);

    // Reaps whoever ended. When the agent has, what it left is killed, until nothing is left.
    void reap(std::uint64_t now_ms);
    void on_time(std::uint64_t now_ms);

    bool agent_ended() const { return agent_ended_; }
    // Its end was begun from here.
    bool ending() const { return kill_at_ms_ != 0; }
    // Nothing is left, or what is left cannot be killed.
    bool gone() const { return gone_; }
    bool grace_over(std::uint64_t now_ms) const {
        return kill_at_ms_ != 0 && now_ms >= kill_at_ms_;
    }
    // When on_time wants to be called; 0: never.
    std::uint64_t next_time_ms() const;

    // The agent's status, the survivors, and the resources of everything that was reaped.
    void describe(process::ExitText& exit) const;

private:
    void begin_sweep(std::uint64_t now_ms);
    void kill_children();
    void signal_group(int signal) const;
    void note_status(int code, int status);

    pid_t agent_ = -1;
    bool has_cgroup_ = false;
    bool agent_ended_ = false;
    bool gone_ = false;
    int exit_code_ = -1;
    int signal_ = -1;
    bool polite_sent_ = false;
    std::uint64_t kill_at_ms_ = 0;
    std::uint64_t give_up_at_ms_ = 0; // set once the sweep has begun
    std::uint64_t survivors_ = 0;
};

} // namespace agentcron::shim
