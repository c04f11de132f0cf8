// A visit to an agent: started as for a task, through a shim of its own and in a run directory that
// is gone afterwards, spoken to by its driver, and ended with its whole tree. No database.
#pragma once

#include "agent/inspection.hpp"
#include "agent/profile.hpp"
#include "base/clock.hpp"

#include <string>
#include <vector>

namespace agentcron::cli {

struct VisitOptions {
    bool with_turn = false; // the model is asked for an OK
    base::Seconds timeout{60};
};

// Throws Reported (130) when the user interrupts it.
std::vector<agent::Finding> visit_agent(const agent::Profile& profile, const VisitOptions& options);

} // namespace agentcron::cli
