// Compares what the tables say with what the agents say. Pure: a history in, violations out.
#pragma once

#include "chaos/history.hpp"

namespace agentcron::chaos {

// What is promised. The defaults are what agentcron keeps today.
struct Promises {
    Micros lease = 60'000'000;
    // Agents outlive their daemon: neither its crash nor its end loses an attempt or starts one
    // again, if the next daemon comes within the lease.
    bool adoption = false;
    // A worker that was silent for longer than its lease has ended its agents before another one
    // may start theirs.
    bool fencing = false;
};

// Sentences, each with the ids that it is about; empty: all is well.
std::vector<std::string> violations(const History& history, const Promises& promises);

} // namespace agentcron::chaos
