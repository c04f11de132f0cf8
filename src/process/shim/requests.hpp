// Serves the run directory's socket: feeds, ends and answers for a daemon, holds the asks that come
// from inside the agent. A client that vanishes changes nothing for the agent.
#pragma once

#include "process/shim/agent_tree.hpp"
#include "process/shim/backlog.hpp"
#include "process/shim/connection.hpp"
#include "process/shim/spool_writer.hpp"
#include "process/shim/stdin_feeder.hpp"

#include <poll.h>

namespace agentcron::shim {

// Asks beyond the first are refused, so that a daemon always finds room.
inline constexpr std::size_t asks_max = 128;
inline constexpr std::size_t connections_max = asks_max + 32;

// An instant in milliseconds since boot (0: never) that a daemon sets; who acts on it takes it over
// once.
class SetTime {
public:
    void set(const MessageView& message, std::uint64_t now_ms); // u64 milliseconds from now
    void take(std::uint64_t& at_ms);

private:
    bool is_new_ = false;
    std::uint64_t at_ms_ = 0;
};

class Requests {
public:
    Requests(int listener, const char* ask_token, SpoolWriter& spool, Backlog& backlog,
             StdinFeeder& stdin_feeder, AgentTree& tree)
        : listener_(listener)
        , ask_token_(ask_token)
        , spool_(spool)
        , backlog_(backlog)
        , stdin_(stdin_feeder)
        , tree_(tree) {}

    void introduce_agent(pid_t agent) { agent_ = agent; }

    // Adds what to poll for behind `polled`; returns how many, at most connections_max + 1.
    std::size_t fill(pollfd* polled);
    // Acts on what the poll of those said.
    void serve(const pollfd* polled, std::size_t count);
    // Goes on with the messages that waited for space on the disk.
    void resume();

    bool end_was_requested() const { return end_was_requested_; }
    // Replaces those that a daemon set anew.
    void take_times(std::uint64_t& deadline_ms, std::uint64_t& lease_ms);
    std::uint32_t lease_grace_ms() const { return lease_grace_ms_; }

private:
    void accept_clients();
    void serve_messages(Connection& client);
    void act(Connection& client, const MessageView& message);
    // The barrier before hello: serves what stands in all connections, then greets who waits for
    // it.
    void greet();
    void set_lease(const MessageView& message);
    void serve_all(Connection& client);
    bool word_waits();
    void feed(const MessageView& message);
    void begin_ask(Connection& client, const MessageView& message);
    void end_ask(const MessageView& message);
    void withdraw(Connection& client);
    static void refuse(Connection& client, const char* why);
    std::size_t open_asks() const;

    int listener_;
    const char* ask_token_;
    SpoolWriter& spool_;
    Backlog& backlog_;
    StdinFeeder& stdin_;
    AgentTree& tree_;
    pid_t agent_ = -1;
    bool end_was_requested_ = false;
    SetTime deadline_;
    SetTime lease_;
    std::uint32_t lease_grace_ms_ = 0;
    std::uint64_t last_ask_ = 0;
    std::uint64_t words_end_ = 0; // where the last that a daemon fed or replied ends in the spool
    Connection clients_[connections_max];
    std::size_t polled_clients_[connections_max] = {};
};

} // namespace agentcron::shim
