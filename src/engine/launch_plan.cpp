#include "engine/launch_plan.hpp"

#include "base/read_file.hpp"
#include "base/timestamps.hpp"
#include "task/prompt.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

namespace json = boost::json;

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

// What the environment tells; the same for the agent and its hooks.
agent::Brief identity_of(const task::Claimed& claimed) {
    agent::Brief brief;
    brief.task_id = claimed.lease.task_id;
    brief.attempt = claimed.attempt;
    brief.schedule = claimed.schedule;
    if (claimed.fire_time) brief.fire_time = base::to_rfc3339(*claimed.fire_time);
    return brief;
}

base::Result<agent::Brief, std::string> brief_of(const task::Claimed& claimed,
                                                 const LaunchSettings& settings,
                                                 const Resolved& resolved,
                                                 const Prepared& prepared) {
    auto brief = identity_of(claimed);
    const auto& spec = resolved.spec;
    brief.params = spec.params;
    brief.session_id = claimed.session_id;
    brief.goes_on = claimed.goes_on || spec.continues_conversation;
    brief.may_begin_anew = !claimed.goes_on;
    brief.was_limited = claimed.was_limited;
    brief.watch_cost = std::any_of(resolved.accounts.begin(), resolved.accounts.end(),
                                   [](const auto& one) { return one.budget.cost_usd; });
    for (const auto& answered : claimed.answers)
        brief.answers.push_back({answered.native_id, answered.question, answered.answer,
                                 answered.expired, answered.request});
    auto values = values_of(claimed, resolved);
    if (!values) return values.error();
    if (!values->results.empty()) {
        brief.results = claimed.inputs;
        brief.results_file =
            std::filesystem::absolute(resolved.run_directory / results_file).string();
    }
    brief.working_directory = std::filesystem::absolute(prepared.working_directory).string();
    values->workspace = brief.working_directory;
    values->branch = prepared.workspace ? prepared.workspace->branch : "";
    values->context = prepared.values.context;
    brief.context = prepared.context;
    auto prompt = task::render_prompt(spec.prompt, *values);
    if (!prompt) return "prompt: " + prompt.error().message;
    brief.prompt = std::move(*prompt);
    brief.command = resolved.profile.command;
    brief.ask_before = resolved.profile.ask_before;
    brief.mcp_server = mcp_server_of(resolved.profile, settings);
    return brief;
}

std::vector<std::string> environment_of(const LaunchSettings& settings, const Resolved& resolved,
                                        const Prepared& prepared, const agent::Brief& brief,
                                        std::vector<std::string> driver) {
    for (const auto& [name, value] : prepared.variables)
        driver.push_back(fmt::format("{}={}", name, value));
    return agent::build_environment(resolved.profile, brief,
                                    {.daemon = settings.environment,
                                     .env_file = resolved.env_file,
                                     .driver = std::move(driver),
                                     .binary_directory = settings.binary_directory.string()});
}

// Not below the agent's run directory: each is found by itself when a worker has died.
process::LaunchSpec beside(const process::LaunchSpec& agent, const std::string& name,
                           const std::vector<std::string>& command) {
    process::LaunchSpec hook;
    hook.shim = agent.shim;
    hook.run_directory = agent.run_directory;
    hook.run_directory += "." + name;
    hook.argv = command;
    hook.env = agent.env;
    hook.working_directory = agent.working_directory;
    hook.grace = agent.grace;
    hook.output_bytes_max = agent.output_bytes_max;
    return hook;
}

process::WhenFull when_full_of(const agent::Profile& profile) {
    switch (profile.when_full) {
    case agent::Profile::WhenFull::kill: return process::WhenFull::kill;
    case agent::Profile::WhenFull::drop_middle: return process::WhenFull::drop_middle;
    case agent::Profile::WhenFull::block: return process::WhenFull::block;
    }
    return process::WhenFull::kill;
}

process::LaunchSpec launch_of(const LaunchSettings& settings, const Resolved& resolved,
                              const Prepared& prepared) {
    process::LaunchSpec launch;
    launch.shim = settings.shim;
    launch.run_directory = resolved.run_directory;
    launch.working_directory = prepared.working_directory;
    launch.grace = resolved.profile.grace;
    launch.output_bytes_max = resolved.profile.output_bytes_max;
    return launch;
}

std::vector<task::Account> accounts_of(const task::Claimed& claimed, const task::Spec& spec) {
    std::vector<task::Account> accounts{{"its budget", spec.budget, claimed.spent}};
    const auto& shared = claimed.shared_accounts;
    accounts.insert(accounts.end(), shared.begin(), shared.end());
    return accounts;
}

} // namespace

std::filesystem::path run_directory_of(const std::filesystem::path& run_root,
                                       const task::Lease& lease) {
    return run_root /
           fmt::format("{}.{}.{}", lease.task_id, lease.run_no, lease.token.substr(0, 8));
}

std::filesystem::path check_directory_of(const std::filesystem::path& run_directory) {
    return run_directory.string() + ".check";
}

process::Resources resources_of(const agent::Profile& profile) {
    return {profile.memory_bytes_max, profile.pids_max, profile.cpus_max.value_or(0)};
}

base::Result<agent::Variables, std::string> read_env_file(const std::string& path) {
    if (path.empty()) return agent::Variables{};
    const auto text = base::read_file(path);
    if (!text) return fmt::format("env_file {}: {}", path, std::strerror(errno));
    auto variables = agent::parse_env_file(*text);
    if (!variables)
        return fmt::format("env_file {}:{}: {}", path, variables.error().line,
                           variables.error().message);
    return std::move(*variables);
}

std::vector<std::string> mcp_server_of(const agent::Profile& profile,
                                       const LaunchSettings& settings) {
    if (!profile.mcp) return {};
    return {(settings.binary_directory / "agentcron").string(), "mcp"};
}

base::Result<Resolved, std::string> resolve(const task::Claimed& claimed,
                                            const LaunchSettings& settings, EnvFile env_file) {
    if (!claimed.driver)
        return fmt::format("there is no agent \"{}\" any more: declare it again, or change the "
                           "schedule, then `agentcron retry {}`",
                           claimed.agent, claimed.lease.task_id);
    Resolved resolved;
    auto spec = task::spec_from_json(claimed.spec);
    if (!spec) return "tasks.spec: " + spec.error();
    auto profile = agent::profile_from_json(claimed.agent, *claimed.driver, claimed.agent_config);
    if (!profile) return "agents.config: " + profile.error();
    resolved.driver = agent::make_driver(*claimed.driver);
    if (!resolved.driver)
        return fmt::format("agent {}: this agentcron has no driver \"{}\"", claimed.agent,
                           *claimed.driver);
    if (auto variables = read_env_file(profile->env_file))
        resolved.env_file = std::move(*variables);
    else if (env_file == EnvFile::must_be_read)
        return variables.error();
    else
        spdlog::warn("{}; going on without it task={}", variables.error(), claimed.lease.task_id);
    resolved.spec = std::move(*spec);
    resolved.profile = std::move(*profile);
    resolved.run_directory = run_directory_of(settings.run_root, claimed.lease);
    resolved.working_directory = resolved.profile.workspace_dir.empty()
                                     ? settings.default_directory
                                     : std::filesystem::path(resolved.profile.workspace_dir);
    resolved.accounts = accounts_of(claimed, resolved.spec);
    return resolved;
}

base::Result<task::PromptValues, std::string> values_of(const task::Claimed& claimed,
                                                        const Resolved& resolved) {
    auto results = results_of(claimed);
    if (!results) return {boost::system::in_place_error, results.error()};
    task::PromptValues values;
    values.schedule = claimed.schedule;
    values.fire_time = claimed.fire_time ? base::to_rfc3339(*claimed.fire_time) : "manual run";
    values.task_id = claimed.lease.task_id;
    values.last_success_at =
        claimed.last_success_at ? base::to_rfc3339(*claimed.last_success_at) : "never";
    values.params = resolved.spec.params;
    values.results = std::move(*results);
    return values;
}

base::Result<LaunchPlan, std::string> plan_launch(const task::Claimed& claimed,
                                                  const LaunchSettings& settings,
                                                  const Resolved& resolved,
                                                  const Prepared& prepared) {
    auto brief = brief_of(claimed, settings, resolved, prepared);
    if (!brief) return brief.error();
    LaunchPlan plan;
    auto start = resolved.driver->start(*brief);
    auto& launch = plan.launch;
    launch = launch_of(settings, resolved, prepared);
    launch.argv = resolved.profile.command;
    launch.argv.insert(launch.argv.end(), start.arguments.begin(), start.arguments.end());
    launch.env = environment_of(settings, resolved, prepared, *brief, std::move(start.env));
    launch.files = prepared.files;
    launch.resources = resources_of(resolved.profile);
    launch.when_full = when_full_of(resolved.profile);
    launch.stdin_bytes = std::move(start.stdin_bytes);
    launch.stdin_stays_open = start.stdin_stays_open;
    if (resolved.spec.timeout.count() > 0)
        launch.deadline = resolved.spec.timeout + backstop_margin;
    const auto& check = resolved.spec.success.check;
    if (!check.empty()) plan.check = beside(launch, "check", check);
    if (!brief->results.empty()) launch.files.push_back({results_file, brief->results});
    plan.brief = std::move(*brief);
    plan.may_wait =
        prepared.variables.empty() && prepared.working_directory == resolved.working_directory;
    return plan;
}

process::LaunchSpec hook_launch(const task::Claimed& claimed, const LaunchSettings& settings,
                                const Resolved& resolved, const Prepared& prepared,
                                const std::string& name, const std::vector<std::string>& command) {
    auto launch = launch_of(settings, resolved, prepared);
    launch.env = environment_of(settings, resolved, prepared, identity_of(claimed), {});
    return beside(launch, name, command);
}

} // namespace agentcron::engine
