// One attempt from its start to its exit record. It waits in one poll, on the pipes of the agent,
// the socket, a signalfd and a timerfd that is armed only for what is really due: idle, it never
// wakes.
//
// running   the agent lives; its output goes to the spool, input and asks are served
// sweeping  it has ended, or was killed; what it left is killed until nothing is left
// draining  nothing lives; the rest of the pipes and the spool's pending bytes are written
// then the exit record appears by rename, and the shim ends.
#pragma once

#include "process/shim/agent_start.hpp"
#include "process/shim/output_cap.hpp"
#include "process/shim/requests.hpp"

namespace agentcron::shim {

class Supervisor {
public:
    // `spec` was read from the spec file behind `prompt_offset`; `spool_size` is the spool's now.
    Supervisor(const process::SpecView& spec, std::uint64_t prompt_offset,
               std::uint64_t spool_size);

    // Starts the agent and stays until everything of it has ended; `exit` says how it went.
    void run(process::ExitText& exit);

private:
    struct Output {
        int fd = -1;
        process::Stream stream{};
    };

    bool open_waits(process::ExitText& exit);
    bool start(process::ExitText& exit);
    void step();
    void take_signals();
    void on_time();
    void end_if_due(std::uint64_t& at_ms, std::uint32_t grace_ms, bool& is_the_reason);
    void arm_timer();
    static bool has_bytes(const Output& output);
    void read_output(Output& output);
    bool stalled() const { return spool_.stalled() || cap_.stalled(); }
    // One that is told to end is read, so that it can.
    bool takes_output() const { return !stalled() && (!backlog_.is_full() || tree_.ending()); }
    void drain();
    bool finished() const;
    std::uint64_t unread_bytes() const;

    const process::SpecView& spec_;
    std::uint64_t prompt_offset_;
    SpoolWriter spool_;
    OutputCap cap_;
    Backlog backlog_;
    StdinFeeder stdin_;
    AgentTree tree_;
    Requests requests_;
    Output outputs_[3];
    int signal_fd_ = -1;
    int timer_fd_ = -1;
    std::uint64_t armed_ms_ = 0;
    std::uint64_t deadline_ms_ = 0;
    std::uint64_t lease_ms_ = 0;
    std::uint64_t retry_ms_ = 0; // when to try a full disk again
    bool deadline_hit_ = false;
    bool lease_over_ = false;
    bool output_limit_hit_ = false;
    bool signalled_ = false; // SIGTERM to the shim asks for the agent's end
    bool drained_ = false;
};

} // namespace agentcron::shim
