#include "engine/launch_plan.hpp"

#include "agent/environment.hpp"
#include "base/timestamps.hpp"
#include "task/prompt.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <spdlog/fmt/fmt.h>

namespace agentcron::engine {
namespace {

base::Result<agent::Variables, std::string> read_env_file(const std::string& path) {
    if (path.empty()) return agent::Variables{};
    std::ifstream in(path, std::ios::binary);
    if (!in) return fmt::format("env_file {}: {}", path, std::strerror(errno));
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    auto variables = agent::parse_env_file(text);
    if (!variables)
        return fmt::format("env_file {}:{}: {}", path, variables.error().line,
                           variables.error().message);
    return std::move(*variables);
}

base::Result<agent::Brief, std::string> brief_of(const task::Claimed& claimed,
                                                 const task::Spec& spec) {
    agent::Brief brief;
    brief.task_id = claimed.lease.task_id;
    brief.attempt = claimed.attempt;
    brief.schedule = claimed.schedule;
    if (claimed.fire_time) brief.fire_time = base::to_rfc3339(*claimed.fire_time);
    brief.params = spec.params;
    brief.session_id = claimed.session_id;
    if (claimed.answered)
        brief.answered = agent::Brief::Answered{
            claimed.answered->native_id, claimed.answered->question, claimed.answered->answer};
    task::PromptValues values;
    values.schedule = claimed.schedule;
    values.fire_time = brief.fire_time.empty() ? "manual run" : brief.fire_time;
    values.task_id = brief.task_id;
    values.last_success_at =
        claimed.last_success_at ? base::to_rfc3339(*claimed.last_success_at) : "never";
    values.params = spec.params;
    auto prompt = task::render_prompt(spec.prompt, values);
    if (!prompt) return "prompt: " + prompt.error().message;
    brief.prompt = std::move(*prompt);
    return brief;
}

} // namespace

base::Result<LaunchPlan, std::string> plan_launch(const task::Claimed& claimed,
                                                  const LaunchSettings& settings) {
    if (!claimed.driver)
        return fmt::format("there is no agent \"{}\" any more: declare it again, or change the "
                           "schedule, then `agentcron retry {}`",
                           claimed.agent, claimed.lease.task_id);
    LaunchPlan plan;
    auto spec = task::spec_from_json(claimed.spec);
    if (!spec) return "tasks.spec: " + spec.error();
    auto profile = agent::profile_from_json(claimed.agent, *claimed.driver, claimed.agent_config);
    if (!profile) return "agents.config: " + profile.error();
    plan.driver = agent::make_driver(*claimed.driver);
    if (!plan.driver)
        return fmt::format("agent {}: this agentcron has no driver \"{}\"", claimed.agent,
                           *claimed.driver);
    auto brief = brief_of(claimed, *spec);
    if (!brief) return brief.error();
    auto env_file = read_env_file(profile->env_file);
    if (!env_file) return env_file.error();
    plan.spec = std::move(*spec);
    plan.profile = std::move(*profile);

    auto start = plan.driver->start(*brief);
    auto& launch = plan.launch;
    launch.shim = settings.shim;
    launch.run_directory =
        settings.run_root / fmt::format("{}.{}.{}", claimed.lease.task_id, claimed.lease.run_no,
                                        claimed.lease.token.substr(0, 8));
    launch.argv = plan.profile.command;
    launch.env = agent::build_environment(plan.profile, *brief,
                                          {.daemon = settings.environment,
                                           .env_file = std::move(*env_file),
                                           .driver = std::move(start.env),
                                           .binary_directory = settings.binary_directory.string()});
    launch.working_directory = plan.profile.workspace_dir.empty()
                                   ? settings.default_directory
                                   : std::filesystem::path(plan.profile.workspace_dir);
    launch.stdin_bytes = std::move(start.stdin_bytes);
    launch.stdin_stays_open = start.stdin_stays_open;
    if (plan.spec.timeout.count() > 0) launch.deadline = plan.spec.timeout + backstop_margin;
    launch.grace = plan.profile.grace;
    launch.output_bytes_max = plan.profile.output_bytes_max;
    return plan;
}

} // namespace agentcron::engine
