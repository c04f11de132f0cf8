// A process that an attempt has got for its task: launched for it, or started before and waiting.
#pragma once

#include "agent/driver.hpp"
#include "engine/journal.hpp"
#include "engine/launch_plan.hpp"
#include "engine/remains.hpp"
#include "process/agent_process.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace agentcron::engine {

struct Started {
    std::unique_ptr<process::AgentProcess> process;
    std::filesystem::path run_directory; // to be removed after the attempt; "" = it stays
    // Of one that waited: what has spoken with it so far, what it said, how far its spool was read,
    // and its task, which is still to be fed.
    std::unique_ptr<agent::Driver> driver; // nullptr: the plan's
    std::vector<agent::Event> said;
    std::uint64_t spool_offset = 0;
    agent::Feed first;
    std::uint64_t fed_bytes =
        0; // so much of it, and of what follows it, was fed by earlier workers
    // Of what its driver is told from now on; none: another daemon cannot take it over.
    std::optional<Journal> journal{};
    // Of one that serves others too.
    std::optional<AttemptRecord::Standing> standing{};
};

// Goes on with the request of a process that an earlier worker left.
using ResumeRequest = std::function<base::Result<Started, process::LaunchError>(
    const Remains&, const agent::Profile&, const LaunchPlan&, process::AgentProcess::Events)>;
using StartProcess = std::function<base::Result<Started, process::LaunchError>(
    const task::Claimed&, const agent::Profile&, const LaunchPlan&, process::AgentProcess::Events)>;

} // namespace agentcron::engine
