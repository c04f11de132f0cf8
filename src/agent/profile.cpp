#include "agent/profile.hpp"

#include "agent/ahead.hpp"
#include "base/json_members.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {

namespace {

namespace json = boost::json;

// Why its process cannot be there before its task.
std::string what_comes_first(const Profile& profile) {
    if (profile.git) return "the worktree that it works in is made once its task is known";
    if (profile.setup.empty()) return "";
    return "workspace.setup runs before the agent's process, once its task is known";
}

// Said explicitly, for an aggregate that starts with a string can be made from one too.
base::Result<Profile, std::string> wrong(std::string message) {
    return {boost::system::in_place_error, std::move(message)};
}

json::array array_of(const std::vector<std::string>& texts) {
    return json::array(texts.begin(), texts.end());
}

json::object workspace_json(const Profile& profile) {
    json::object workspace{{"dir", profile.workspace_dir}, {"setup", array_of(profile.setup)}};
    if (!profile.git) return workspace;
    workspace["git"] = profile.git->repo;
    workspace["base"] = profile.git->base;
    workspace["branch"] = profile.git->branch;
    workspace["keep"] = name(profile.git->keep);
    workspace["archive"] = array_of(profile.git->archive);
    return workspace;
}

// Without what is not limited: configurations that say nothing of it stay as they were.
json::object limits_json(const Profile& profile) {
    json::object limits{{"output", profile.output_bytes_max}};
    if (profile.when_full != Profile::WhenFull::kill) limits["when_full"] = name(profile.when_full);
    if (profile.memory_bytes_max != 0) limits["memory"] = profile.memory_bytes_max;
    if (profile.pids_max != 0) limits["pids"] = profile.pids_max;
    if (profile.cpus_max) limits["cpu"] = *profile.cpus_max;
    return limits;
}

// "" = all is well.
std::string read_limits(const json::object& limits, Profile& profile) {
    std::string when_full(name(profile.when_full));
    base::JsonMembers members(limits, "limits.");
    members.read("output", profile.output_bytes_max);
    members.read("when_full", when_full);
    members.read("memory", profile.memory_bytes_max);
    members.read("pids", profile.pids_max);
    members.read("cpu", profile.cpus_max);
    if (!members.error().empty()) return members.error();
    const auto policy = when_full_from(when_full);
    if (!policy) return "limits.when_full must be kill, drop_middle or block";
    profile.when_full = *policy;
    const auto why_not = why_not_when_full(profile);
    return why_not.empty() ? "" : "limits.when_full: " + why_not;
}

// "" = all is well.
std::string read_workspace(const json::object& workspace, Profile& profile) {
    GitWorkspace git;
    std::string keep(name(git.keep));
    base::JsonMembers members(workspace, "workspace.");
    members.read("dir", profile.workspace_dir);
    members.read("setup", profile.setup);
    members.read("git", git.repo);
    members.read("base", git.base);
    members.read("branch", git.branch);
    members.read("keep", keep);
    members.read("archive", git.archive);
    if (!members.error().empty()) return members.error();
    const auto policy = keep_from(keep);
    if (!policy) return "workspace.keep must be on_failure, always or never";
    git.keep = *policy;
    if (git.repo.empty()) return "";
    if (!git.repo.starts_with('/')) return "workspace.git must be an absolute path";
    profile.git = std::move(git);
    return "";
}

bool has_nul(std::string_view text) {
    return text.find('\0') != std::string_view::npos;
}

std::string fault_of(std::string_view what, const std::vector<std::string>& argv) {
    if (argv.empty() || argv.front().empty()) return fmt::format("{} must name a program", what);
    if (std::any_of(argv.begin(), argv.end(), has_nul))
        return fmt::format("{} must not contain NUL characters", what);
    return "";
}

// What no reader of one member can see; "" = all is well.
std::string first_fault(const Profile& profile) {
    if (auto fault = fault_of("command", profile.command); !fault.empty()) return fault;
    if (!profile.setup.empty())
        if (auto fault = fault_of("workspace.setup", profile.setup); !fault.empty()) return fault;
    if (profile.git && !profile.git->archive.empty())
        if (auto fault = fault_of("workspace.archive", profile.git->archive); !fault.empty())
            return fault;
    for (const auto& [name, value] : profile.env) {
        if (!is_variable_name(name))
            return fmt::format("env has '{}', which cannot name a variable",
                               base::one_line(name, 40));
        if (has_nul(value)) return fmt::format("env.{} must not contain a NUL character", name);
    }
    if (profile.mcp && (profile.driver == "command" || profile.driver == "jsonl"))
        return fmt::format("mcp is for the drivers claude, codex and acp; an agent of driver {} "
                           "starts `agentcron mcp` itself",
                           profile.driver);
    for (const std::string& name : profile.pass_env) {
        if (!is_variable_name(name))
            return fmt::format("pass_env has '{}', which cannot name a variable",
                               base::one_line(name, 40));
    }
    for (const std::string& tool : profile.ask_before) {
        if (!is_tool_pattern(tool))
            return fmt::format("ask_before has '{}', which cannot name a tool",
                               base::one_line(tool, 40));
    }
    if (!profile.ask_before.empty() && profile.driver != "claude")
        return "ask_before is for agents of driver claude";
    if (profile.prewarm > prewarm_max)
        return fmt::format("prewarm must be at most {}", base::format_duration(prewarm_max));
    if (const auto why_not = profile.persistent ? why_not_persistent(profile) : "";
        !why_not.empty())
        return "persistent: " + why_not;
    if (profile.prewarm.count() == 0) return "";
    const auto why_not = why_not_ahead(profile);
    return why_not.empty() ? "" : "prewarm: " + why_not;
}

} // namespace

std::string why_not_ahead(const Profile& profile) {
    const auto driver = make_driver(profile.driver);
    // Whoever starts such an agent says that there is no such driver.
    if (!driver) return "";
    if (auto first = what_comes_first(profile); !first.empty()) return first;
    if (start_ahead(*driver, {.command = profile.command})) return "";
    if (profile.driver == "codex")
        return "`codex exec` takes its prompt when it starts, so it cannot be started before its "
               "task is known; without exec among its arguments it can";
    return fmt::format("an agent of driver {} takes its prompt when it starts, so it cannot be "
                       "started before its task is known; driver jsonl can",
                       profile.driver);
}

std::string why_not_persistent(const Profile& profile) {
    if (auto first = what_comes_first(profile); !first.empty()) return first;
    if (profile.driver == "jsonl") return "";
    return fmt::format("an agent of driver {} ends after its task; only one of driver jsonl can "
                       "say that it is ready for the next",
                       profile.driver);
}

bool is_variable_name(std::string_view name) {
    const auto is_letter = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    };
    return !name.empty() && is_letter(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool is_tool_pattern(std::string_view name) {
    if (name.ends_with('*')) name.remove_suffix(1);
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

std::string_view name(GitWorkspace::Keep keep) {
    switch (keep) {
    case GitWorkspace::Keep::on_failure: return "on_failure";
    case GitWorkspace::Keep::always: return "always";
    case GitWorkspace::Keep::never: return "never";
    }
    return "";
}

std::optional<GitWorkspace::Keep> keep_from(std::string_view text) {
    using Keep = GitWorkspace::Keep;
    for (const auto keep : {Keep::on_failure, Keep::always, Keep::never})
        if (name(keep) == text) return keep;
    return std::nullopt;
}

std::string_view name(Profile::WhenFull when_full) {
    switch (when_full) {
    case Profile::WhenFull::kill: return "kill";
    case Profile::WhenFull::drop_middle: return "drop_middle";
    case Profile::WhenFull::block: return "block";
    }
    return "";
}

std::optional<Profile::WhenFull> when_full_from(std::string_view text) {
    using WhenFull = Profile::WhenFull;
    for (const auto one : {WhenFull::kill, WhenFull::drop_middle, WhenFull::block})
        if (name(one) == text) return one;
    return std::nullopt;
}

std::string why_not_when_full(const Profile& profile) {
    if (profile.when_full == Profile::WhenFull::kill) return "";
    if (profile.driver == "command")
        return profile.when_full == Profile::WhenFull::block && profile.output_bytes_max == 0
                   ? "without a limit (limits.output) nothing can be full"
                   : "";
    return fmt::format("the output of an agent of driver {} is its protocol, of which nothing may "
                       "be missing; only that of driver command can be cut",
                       profile.driver);
}

std::string config_to_json(const Profile& profile) {
    json::object env;
    for (const auto& [name, value] : profile.env) env[name] = value;
    json::object recycle{{"memory", profile.recycle_memory_bytes}};
    if (profile.recycle_requests > 0) recycle["requests"] = profile.recycle_requests;
    json::object config{
        {"command", json::array(profile.command.begin(), profile.command.end())},
        {"env", std::move(env)},
        {"pass_env", json::array(profile.pass_env.begin(), profile.pass_env.end())},
        {"env_file", profile.env_file},
        {"workspace", workspace_json(profile)},
        {"limits", limits_json(profile)},
        {"grace", profile.grace.count()},
        {"mcp", profile.mcp},
        {"prewarm", profile.prewarm.count()},
        {"persistent", profile.persistent},
        {"recycle", std::move(recycle)},
        {"idle", profile.idle.count()},
    };
    if (!profile.ask_before.empty())
        config["ask_before"] = json::array(profile.ask_before.begin(), profile.ask_before.end());
    return json::serialize(config);
}

base::Result<Profile, std::string> profile_from_json(std::string_view name, std::string_view driver,
                                                     std::string_view config_json) {
    boost::system::error_code malformed;
    const json::value value = json::parse(config_json, malformed);
    if (malformed)
        return wrong(fmt::format("the configuration is not JSON: {}", malformed.message()));
    if (!value.is_object()) return wrong("the configuration must be a JSON object");

    Profile profile;
    profile.name = name;
    profile.driver = driver;
    json::object workspace, limits, recycle;
    base::JsonMembers members(value.get_object());
    members.read("command", profile.command);
    members.read("env", profile.env);
    members.read("pass_env", profile.pass_env);
    members.read("env_file", profile.env_file);
    members.read("workspace", workspace);
    members.read("limits", limits);
    members.read("grace", profile.grace);
    members.read("ask_before", profile.ask_before);
    members.read("mcp", profile.mcp);
    members.read("prewarm", profile.prewarm);
    members.read("persistent", profile.persistent);
    members.read("recycle", recycle);
    members.read("idle", profile.idle);
    if (!members.error().empty()) return wrong(members.error());

    if (auto fault = read_workspace(workspace, profile); !fault.empty()) return wrong(fault);
    if (auto fault = read_limits(limits, profile); !fault.empty()) return wrong(fault);
    base::JsonMembers recycle_members(recycle, "recycle.");
    recycle_members.read("requests", profile.recycle_requests);
    recycle_members.read("memory", profile.recycle_memory_bytes);
    if (!recycle_members.error().empty()) return wrong(recycle_members.error());

    const std::string fault = first_fault(profile);
    if (!fault.empty()) return wrong(fault);
    return profile;
}

} // namespace agentcron::agent
