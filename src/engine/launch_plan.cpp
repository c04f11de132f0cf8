#include "engine/launch_plan.hpp"

#include "agent/environment.hpp"
#include "base/timestamps.hpp"
#include "task/prompt.hpp"

#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <spdlog/fmt/fmt.h>

namespace agentcron::engine {
namespace {

namespace json = boost::json;

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

constexpr const char* results_file = "results.json";

// What a claimed task's inputs hold; empty if it has none.
base::Result<json::object, std::string> results_of(const task::Claimed& claimed) {
    if (claimed.inputs.empty()) return json::object{};
    boost::system::error_code malformed;
    json::parse_options options;
    options.max_depth = 256; // results are the agents'
    const auto value = json::parse(claimed.inputs, malformed, {}, options);
    if (malformed || !value.is_object()) return std::string("tasks.inputs is no JSON object");
    return value.get_object();
}

base::Result<agent::Brief, std::string> brief_of(const task::Claimed& claimed,
                                                 const task::Spec& spec,
                                                 const std::filesystem::path& run_directory) {
    agent::Brief brief;
    brief.task_id = claimed.lease.task_id;
    brief.attempt = claimed.attempt;
    brief.schedule = claimed.schedule;
    if (claimed.fire_time) brief.fire_time = base::to_rfc3339(*claimed.fire_time);
    brief.params = spec.params;
    brief.session_id = claimed.session_id;
    for (const auto& answered : claimed.answers)
        brief.answers.push_back({answered.native_id, answered.question, answered.answer,
                                 answered.expired, answered.request});
    auto results = results_of(claimed);
    if (!results) return results.error();
    if (!results->empty()) {
        brief.results = claimed.inputs;
        brief.results_file = std::filesystem::absolute(run_directory / results_file).string();
    }
    task::PromptValues values;
    values.schedule = claimed.schedule;
    values.fire_time = brief.fire_time.empty() ? "manual run" : brief.fire_time;
    values.task_id = brief.task_id;
    values.last_success_at =
        claimed.last_success_at ? base::to_rfc3339(*claimed.last_success_at) : "never";
    values.params = spec.params;
    values.results = std::move(*results);
    auto prompt = task::render_prompt(spec.prompt, values);
    if (!prompt) return "prompt: " + prompt.error().message;
    brief.prompt = std::move(*prompt);
    return brief;
}

process::LaunchSpec check_of(const process::LaunchSpec& agent,
                             const std::vector<std::string>& command) {
    process::LaunchSpec check;
    check.shim = agent.shim;
    // Not below the agent's: each directory is found by itself when a worker has died.
    check.run_directory = agent.run_directory;
    check.run_directory += ".check";
    check.argv = command;
    check.env = agent.env;
    check.working_directory = agent.working_directory;
    check.grace = agent.grace;
    check.output_bytes_max = agent.output_bytes_max;
    return check;
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
    const auto run_directory =
        settings.run_root / fmt::format("{}.{}.{}", claimed.lease.task_id, claimed.lease.run_no,
                                        claimed.lease.token.substr(0, 8));
    auto brief = brief_of(claimed, *spec, run_directory);
    if (!brief) return brief.error();
    brief->command = profile->command;
    const auto directory = profile->workspace_dir.empty()
                               ? settings.default_directory
                               : std::filesystem::path(profile->workspace_dir);
    brief->working_directory = std::filesystem::absolute(directory).string();
    auto env_file = read_env_file(profile->env_file);
    if (!env_file) return env_file.error();
    plan.spec = std::move(*spec);
    plan.profile = std::move(*profile);

    auto start = plan.driver->start(*brief);
    auto& launch = plan.launch;
    launch.shim = settings.shim;
    launch.run_directory = run_directory;
    launch.argv = plan.profile.command;
    launch.argv.insert(launch.argv.end(), start.arguments.begin(), start.arguments.end());
    launch.env = agent::build_environment(plan.profile, *brief,
                                          {.daemon = settings.environment,
                                           .env_file = std::move(*env_file),
                                           .driver = std::move(start.env),
                                           .binary_directory = settings.binary_directory.string()});
    launch.working_directory = directory;
    launch.stdin_bytes = std::move(start.stdin_bytes);
    launch.stdin_stays_open = start.stdin_stays_open;
    if (plan.spec.timeout.count() > 0) launch.deadline = plan.spec.timeout + backstop_margin;
    launch.grace = plan.profile.grace;
    launch.output_bytes_max = plan.profile.output_bytes_max;
    if (!plan.spec.success.check.empty()) plan.check = check_of(launch, plan.spec.success.check);
    if (!brief->results.empty()) launch.files.push_back({results_file, brief->results});
    return plan;
}

} // namespace agentcron::engine
