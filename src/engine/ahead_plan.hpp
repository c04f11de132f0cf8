// From an agent to a process that waits for its task: what plan_launch makes, without the task. Two
// plans are alike if a process of the one can stand for the other's.
#pragma once

#include "agent/driver.hpp"
#include "agent/profile.hpp"
#include "base/result.hpp"
#include "engine/launch_plan.hpp"
#include "process/agent_process.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace agentcron::engine {

struct AheadPlan {
    agent::Profile profile;
    std::unique_ptr<agent::Driver> driver;
    process::LaunchSpec launch;
};

// `config` is the jsonb of agents.config. Reads the agent's env_file. The error is one sentence for
// people.
base::Result<AheadPlan, std::string> plan_ahead(const std::string& agent, const std::string& driver,
                                                const std::string& config,
                                                const LaunchSettings& settings,
                                                const std::filesystem::path& run_directory);

bool are_alike(const AheadPlan& one, const AheadPlan& other);

} // namespace agentcron::engine
