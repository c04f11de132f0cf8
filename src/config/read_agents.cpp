#include "base/text.hpp"
#include "config/declarations.hpp"
#include "config/keys.hpp"
#include "schedule/validate.hpp"
#include "task/prompt.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::config {
namespace {

bool is_variable_name(std::string_view text) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !text.empty() && is_letter(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

void check_variable(OpenFile& file, const std::string& name, std::size_t offset) {
    if (is_variable_name(name)) return;
    file.errors.add(file.source, offset,
                    fmt::format("'{}' cannot be the name of a variable; expected letters, digits "
                                "and '_', no digit first",
                                base::one_line(name, 60)));
}

void read_environment(MapReader& reader, OpenFile& file, agent::Profile& profile) {
    reader.read("env", profile.env);
    for (const Entry& variable : reader.entries("env"))
        check_variable(file, variable.key, variable.key_offset);
    reader.read("pass_env", profile.pass_env);
    if (const Node* names = reader.value("pass_env")) {
        for (const Node* name : names->items) check_variable(file, name->text, name->offset);
    }
}

void read_command(MapReader& reader, std::string_view key, std::string_view example,
                  std::vector<std::string>& argv) {
    reader.read(key, argv);
    if (reader.value(key) && (argv.empty() || argv.front().empty()))
        reader.fail(key, fmt::format("expected a program and its arguments, such as {}; found no "
                                     "program",
                                     example));
}

void check_ask_before(MapReader& reader, const agent::Profile& profile) {
    for (std::size_t i = 0; i < profile.ask_before.size(); ++i)
        if (!agent::is_tool_pattern(profile.ask_before[i]))
            reader.fail_item("ask_before", i,
                             fmt::format("'{}' cannot name a tool; expected a name such as Bash "
                                         "or mcp__jira__*",
                                         base::one_line(profile.ask_before[i], 60)));
    if (!profile.ask_before.empty() && profile.driver != "claude")
        reader.fail("ask_before", "only agents of `driver: claude` ask before a tool");
}

void read_prewarm(MapReader& reader, agent::Profile& profile) {
    reader.read("prewarm", profile.prewarm);
    if (profile.prewarm > agent::prewarm_max)
        reader.fail("prewarm",
                    fmt::format("expected at most {}", base::format_duration(agent::prewarm_max)));
    if (profile.prewarm.count() == 0) return;
    if (const auto why_not = agent::why_not_ahead(profile); !why_not.empty())
        reader.fail("prewarm", why_not);
}

void read_persistent(MapReader& reader, agent::Profile& profile) {
    reader.read("persistent", profile.persistent);
    if (auto recycle = reader.object("recycle")) {
        recycle->read("requests", profile.recycle_requests);
        recycle->read_size("memory", profile.recycle_memory_bytes);
    }
    reader.read("idle", profile.idle);
    for (const auto* key : {"recycle", "idle"})
        if (!profile.persistent && reader.has(key))
            reader.fail(key, "is about processes that stay; expected `persistent: true` beside it");
    if (!profile.persistent) return;
    if (const auto why_not = agent::why_not_persistent(profile); !why_not.empty())
        reader.fail("persistent", why_not);
}

void read_git(MapReader& workspace, OpenFile& file, std::string_view home,
              agent::Profile& profile) {
    agent::GitWorkspace git;
    read_path(workspace, "git", file, home, git.repo);
    workspace.read("base", git.base);
    workspace.read("branch", git.branch);
    workspace.read("keep", git.keep, agent::keep_from);
    read_command(workspace, "archive", "[git, push, origin, HEAD]", git.archive);
    const bool has_git = workspace.value("git");
    for (const std::string_view key : {"base", "branch", "keep", "archive"})
        if (workspace.value(key) && !has_git)
            workspace.fail(key, fmt::format("'{}' belongs to a worktree: name its repository with "
                                            "`git:`",
                                            key));
    if (!has_git) return;
    if (workspace.value("dir"))
        workspace.fail("dir", "either `dir`, a directory for all tasks, or `git`, a worktree for "
                              "each");
    for (const auto& error : task::check_prompt(git.branch, {}))
        workspace.fail("branch", error.message, error.offset);
    profile.git = std::move(git);
}

void read_limits(MapReader& limits, agent::Profile& profile) {
    limits.read_size("output", profile.output_bytes_max);
    limits.read_size("memory", profile.memory_bytes_max);
    int pids = 0;
    limits.read("pids", pids);
    profile.pids_max = static_cast<std::uint64_t>(pids);
    limits.read("cpu", profile.cpus_max);
    limits.read("when_full", profile.when_full, agent::when_full_from);
    if (const auto why_not = agent::why_not_when_full(profile); !why_not.empty())
        limits.fail("when_full", why_not);
}

agent::Profile read_agent(const Entry& entry, OpenFile& file, std::string_view home) {
    agent::Profile profile;
    profile.name = entry.key;
    profile.driver = "command";
    profile.workspace_dir = file.source.directory().string();
    MapReader reader(file.source, file.errors, agent_keys(), *entry.value, entry.key_offset);
    reader.read("driver", profile.driver);
    read_command(reader, "command", "[claude, -p]", profile.command);
    read_environment(reader, file, profile);
    read_path(reader, "env_file", file, home, profile.env_file);
    if (auto workspace = reader.object("workspace")) {
        read_path(*workspace, "dir", file, home, profile.workspace_dir);
        read_command(*workspace, "setup", "[npm, ci]", profile.setup);
        read_git(*workspace, file, home, profile);
    }
    if (auto limits = reader.object("limits")) read_limits(*limits, profile);
    reader.read("grace", profile.grace);
    reader.read("mcp", profile.mcp);
    if (profile.mcp && (profile.driver == "command" || profile.driver == "jsonl"))
        reader.fail("mcp", "mcp is for the drivers claude, codex and acp");
    reader.read("max_concurrent", profile.max_concurrent);
    reader.read("ask_before", profile.ask_before);
    check_ask_before(reader, profile);
    read_prewarm(reader, profile);
    read_persistent(reader, profile);
    return profile;
}

} // namespace

void read_agents(OpenFile& file, std::string_view home, Declared& declared,
                 std::vector<agent::Profile>& agents) {
    for (const Entry& entry : file.top.entries("agents")) {
        if (!schedule::is_name(entry.key)) {
            file.errors.add(file.source, entry.key_offset,
                            fmt::format("'{}' cannot be a name; {}", base::one_line(entry.key, 120),
                                        schedule::name_rule));
        }
        declared.declare("agent", entry.key, file, entry.key_offset);
        agents.push_back(read_agent(entry, file, home));
    }
}

} // namespace agentcron::config
