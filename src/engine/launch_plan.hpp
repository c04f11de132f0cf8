// From a claimed task to what a shim is told. Decides; the only thing it reads is the agent's
// env_file.
#pragma once

#include "agent/driver.hpp"
#include "agent/profile.hpp"
#include "base/result.hpp"
#include "process/agent_process.hpp"
#include "task/spec.hpp"
#include "task/task_store.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agentcron::engine {

// The shim's own deadline is a backstop for a time without a daemon: it comes this much after the
// one that the daemon counts exactly, and stands off while a person is asked.
inline constexpr base::Seconds backstop_margin{60};

// The same for all attempts of a worker.
struct LaunchSettings {
    std::filesystem::path shim;              // the agentcron-shim binary
    std::filesystem::path run_root;          // run directories are made below it
    std::filesystem::path binary_directory;  // of agentcron itself, for the agents' PATH
    std::filesystem::path default_directory; // working directory of agents that name none
    std::vector<std::string> environment;    // the daemon's own
};

struct LaunchPlan {
    task::Spec spec;
    agent::Profile profile;
    std::unique_ptr<agent::Driver> driver;
    process::LaunchSpec launch;
    std::optional<process::LaunchSpec>
        check; // of success.check: where and with what the agent runs
};

// The error is one sentence for people; the task fails with reason spawn.
base::Result<LaunchPlan, std::string> plan_launch(const task::Claimed& claimed,
                                                  const LaunchSettings& settings);

} // namespace agentcron::engine
