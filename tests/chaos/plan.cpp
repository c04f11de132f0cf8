#include "chaos/plan.hpp"

#include <random>

namespace agentcron::chaos {
namespace {

constexpr int calm_max_ms = 1000;

} // namespace

std::string name_of(Fault fault) {
    switch (fault) {
    case Fault::kill_daemon: return "kill a daemon";
    case Fault::kill_daemon_long: return "kill a daemon, for longer than its leases";
    case Fault::end_daemon: return "end a daemon";
    case Fault::stop_daemon: return "stop a daemon";
    case Fault::stop_daemon_long: return "stop a daemon, for longer than its leases";
    case Fault::cut: return "cut a daemon's connections";
    case Fault::silence: return "silence a daemon's connections";
    case Fault::silence_long: return "silence a daemon's connections, for longer than its leases";
    case Fault::kill_shim: return "kill a shim";
    case Fault::terminate_backends: return "terminate all backends";
    case Fault::restart_fast: return "restart PostgreSQL";
    case Fault::restart_immediate: return "crash PostgreSQL";
    case Fault::outage_long: return "stop PostgreSQL, for longer than all leases";
    case Fault::fill_disk: return "fill a daemon's disk";
    case Fault::fail_over: return "fail over to the standby";
    }
    return "";
}

// std::shuffle and the distributions differ between libraries, remainders do not.
std::vector<Step> make_plan(std::uint64_t seed, int steps) {
    std::mt19937_64 random(seed);
    std::vector<Step> plan;
    std::vector<int> bag;
    while (static_cast<int>(plan.size()) < steps) {
        if (bag.empty())
            for (int fault = 0; fault < faults; ++fault) bag.push_back(fault);
        const auto pick = random() % bag.size();
        Step step;
        step.fault = static_cast<Fault>(bag[pick]);
        bag.erase(bag.begin() + static_cast<std::ptrdiff_t>(pick));
        step.daemon = static_cast<int>(random() % 2);
        step.chance = random();
        step.calm_before_ms = static_cast<int>(random() % calm_max_ms);
        plan.push_back(step);
    }
    return plan;
}

} // namespace agentcron::chaos
