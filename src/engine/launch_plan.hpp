// From a claimed task to what a shim is told: `resolve` before the preparation, `plan_launch` after
// it. Decides; the only thing that is read is the agent's env_file.
#pragma once

#include "agent/driver.hpp"
#include "agent/environment.hpp"
#include "agent/profile.hpp"
#include "base/result.hpp"
#include "engine/preparation.hpp"
#include "process/agent_process.hpp"
#include "task/context_store.hpp"
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
    std::filesystem::path shim;                   // the agentcron-shim binary
    std::filesystem::path run_root;               // run directories are made below it
    std::filesystem::path binary_directory;       // of agentcron itself, for the agents' PATH
    std::filesystem::path default_directory;      // working directory of agents that name none
    std::vector<std::string> environment;         // the daemon's own
    std::string account{};                        // "user me on host", for people
    task::ContextStore* context = nullptr;        // nullptr: no queries are run
    std::uint64_t context_prompt_max = 256 << 10; // bytes of their rows in the prompt
    std::filesystem::path workspace_root{};       // git worktrees are made below it
    std::uint64_t workspaces_bytes_max = 0;       // of all of them together; 0 = any
};

// What is known of an attempt from its claim alone.
struct Resolved {
    task::Spec spec;
    agent::Profile profile;
    std::unique_ptr<agent::Driver> driver;
    agent::Variables env_file;
    std::filesystem::path run_directory;
    std::filesystem::path working_directory; // where the agent works if no step says otherwise
    std::vector<task::Account> accounts;     // budgets that it must keep
};

// What an agent has got already it does not need again: its check then runs without.
enum class EnvFile { must_be_read, may_be_gone };

// The errors are one sentence for people; the task fails with reason spawn.
base::Result<Resolved, std::string> resolve(const task::Claimed& claimed,
                                            const LaunchSettings& settings,
                                            EnvFile env_file = EnvFile::must_be_read);

// What a template of the task may name, but for what only a step of the preparation knows.
base::Result<task::PromptValues, std::string> values_of(const task::Claimed& claimed,
                                                        const Resolved& resolved);

struct LaunchPlan {
    process::LaunchSpec launch;
    agent::Brief brief; // what the launch was made of
    // A process that was started before it was prepared could know all that it has to.
    bool may_wait = true;
    std::optional<process::LaunchSpec>
        check; // of success.check: where and with what the agent runs
};

base::Result<LaunchPlan, std::string> plan_launch(const task::Claimed& claimed,
                                                  const LaunchSettings& settings,
                                                  const Resolved& resolved,
                                                  const Prepared& prepared);

// A program that runs beside the agent, where and with what the agent would run. `name` tells its
// run directory from the agent's and those of others.
process::LaunchSpec hook_launch(const task::Claimed& claimed, const LaunchSettings& settings,
                                const Resolved& resolved, const Prepared& prepared,
                                const std::string& name, const std::vector<std::string>& command);

// Where the run directory of an attempt is made, below its worker's, and that of its check.
std::filesystem::path run_directory_of(const std::filesystem::path& run_root,
                                       const task::Lease& lease);
std::filesystem::path check_directory_of(const std::filesystem::path& run_directory);

// The variables of an env_file, none for the path "". The error names file, line and what is wrong.
base::Result<agent::Variables, std::string> read_env_file(const std::string& path);

process::Resources resources_of(const agent::Profile& profile);

// argv of agentcron's own MCP server for agents that get it, else empty.
std::vector<std::string> mcp_server_of(const agent::Profile& profile,
                                       const LaunchSettings& settings);

} // namespace agentcron::engine
