#include "engine/ahead_plan.hpp"

#include "agent/ahead.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::engine {

base::Result<AheadPlan, std::string> plan_ahead(const std::string& agent, const std::string& driver,
                                                const std::string& config,
                                                const LaunchSettings& settings,
                                                const std::filesystem::path& run_directory) {
    auto profile = agent::profile_from_json(agent, driver, config);
    if (!profile) return "agents.config: " + profile.error();
    AheadPlan plan;
    plan.driver = agent::make_driver(driver);
    if (!plan.driver) return fmt::format("this agentcron has no driver \"{}\"", driver);
    const auto directory = profile->workspace_dir.empty()
                               ? settings.default_directory
                               : std::filesystem::path(profile->workspace_dir);
    auto start = agent::start_ahead(
        *plan.driver, {.command = profile->command,
                       .working_directory = std::filesystem::absolute(directory).string(),
                       .ask_before = profile->ask_before,
                       .mcp_server = mcp_server_of(*profile, settings)});
    if (!start) return agent::why_not_ahead(*profile);
    auto env_file = read_env_file(profile->env_file);
    if (!env_file) return env_file.error();
    auto& launch = plan.launch;
    launch.shim = settings.shim;
    launch.run_directory = run_directory;
    launch.argv = profile->command;
    launch.argv.insert(launch.argv.end(), start->arguments.begin(), start->arguments.end());
    launch.env = agent::build_environment(*profile, {},
                                          {.daemon = settings.environment,
                                           .env_file = std::move(*env_file),
                                           .driver = std::move(start->env),
                                           .binary_directory = settings.binary_directory.string()});
    launch.working_directory = directory;
    launch.stdin_bytes = std::move(start->stdin_bytes);
    launch.stdin_stays_open = start->stdin_stays_open;
    launch.grace = profile->grace;
    launch.output_bytes_max = profile->output_bytes_max;
    launch.resources = resources_of(*profile);
    plan.profile = std::move(*profile);
    return plan;
}

bool are_alike(const AheadPlan& one, const AheadPlan& other) {
    const auto same = [](const process::LaunchSpec& a, const process::LaunchSpec& b) {
        return a.argv == b.argv && a.env == b.env && a.working_directory == b.working_directory &&
               a.grace == b.grace && a.output_bytes_max == b.output_bytes_max &&
               a.resources == b.resources;
    };
    return one.profile.driver == other.profile.driver && same(one.launch, other.launch);
}

} // namespace agentcron::engine
