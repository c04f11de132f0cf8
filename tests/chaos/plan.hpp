// What the nemesis does, from a seed alone: the same seed is the same plan.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace agentcron::chaos {

enum class Fault {
    kill_daemon,        // SIGKILL, and the next one at once
    kill_daemon_long,   // and the next one when its leases have run out
    end_daemon,         // SIGTERM, and the next one
    stop_daemon,        // SIGSTOP, SIGCONT a moment later
    stop_daemon_long,   // when its leases have run out
    cut,                // its connections are reset
    silence,            // what it sends and what is sent to it vanishes for a moment
    silence_long,       // until its leases have run out
    kill_shim,          // SIGKILL
    terminate_backends, // pg_terminate_backend of every session of a daemon
    restart_fast,       // of PostgreSQL
    restart_immediate,  // as a crash
    outage_long,        // PostgreSQL is away until all leases have run out
    fill_disk,          // of a daemon's state directory, for a moment
    fail_over,          // PostgreSQL dies, its standby is promoted
};
constexpr int faults = static_cast<int>(Fault::fail_over) + 1;

struct Step {
    Fault fault{};
    int daemon = 0;           // 0 or 1, where it is about one
    std::uint64_t chance = 0; // for what is chosen when it is done
    int calm_before_ms = 0;
};

std::string name_of(Fault fault);

// Every fault once, in an order that the seed decides, before any comes again.
std::vector<Step> make_plan(std::uint64_t seed, int steps);

} // namespace agentcron::chaos
