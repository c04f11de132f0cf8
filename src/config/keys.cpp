#include "config/keys.hpp"

#include "agent/driver.hpp"
#include "agent/profile.hpp"

#include <algorithm>

namespace agentcron::config {

const Key* Table::find(std::string_view name) const {
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
    return found == keys.end() ? nullptr : &*found;
}

std::vector<std::string_view> Table::names() const {
    std::vector<std::string_view> names;
    for (const Key& key : keys) names.push_back(key.name);
    return names;
}

const Table& file_keys() {
    static const Table table{
        "a configuration file",
        {
            {.name = "agents",
             .type = Type::object_map,
             .help = "How each agent is started, by its name.",
             .table = &agent_keys()},
            {.name = "schedules",
             .type = Type::object_map,
             .help = "When which agent runs, by the schedule's name.",
             .table = &schedule_keys()},
            {.name = "calendars",
             .type = Type::list_map,
             .help = "Lists of days that every file's schedules may name in `exclude`, each a date "
                     "such as 2026-12-25 or a range such as 2026-12-24/2027-01-01."},
            {.name = "timezone",
             .type = Type::text,
             .help = "The zone of this file's schedules that name none, such as Europe/Berlin. "
                     "Default: UTC."},
            {.name = "database",
             .type = Type::text,
             .help = "A libpq connection string or URL. In one file only."},
            {.name = "workspaces",
             .type = Type::object,
             .help = "Git worktrees of all agents on this machine. In one file only.",
             .table = &workspaces_keys()},
            {.name = "slots",
             .type = Type::integer,
             .help = "How many tasks may run at once on this worker. In one file only.",
             .low = 1,
             .high = slots_max},
            {.name = "context",
             .type = Type::object,
             .help = "How the queries of schedules' `context` are run. In one file only.",
             .table = &context_keys()},
        }};
    return table;
}

const Table& context_keys() {
    static const Table table{
        "context",
        {
            {.name = "database",
             .type = Type::text,
             .help = "A libpq connection string or URL, with a role of its own. Default: "
                     "agentcron's database as the role agentcron_context."},
            {.name = "statement_timeout",
             .type = Type::duration,
             .help = "The longest that one query may take. Default: 10s."},
            {.name = "max_size",
             .type = Type::size,
             .help = "The most that the queries of an attempt may give together. Default: 16M."},
            {.name = "max_prompt",
             .type = Type::size,
             .help = "The most of it that {{context.NAME}} may put into the prompt. Default: "
                     "256K."},
        }};
    return table;
}

const Table& agent_keys() {
    static const Table table{
        "an agent",
        {
            {.name = "driver",
             .type = Type::text,
             .help = "The protocol that is spoken with the agent. Default: command.",
             .choices = agent::driver_names()},
            {.name = "command",
             .type = Type::text_list,
             .help = "The program and its arguments, one by one; no shell reads them.",
             .required = true},
            {.name = "env",
             .type = Type::text_map,
             .help = "Variables of the agent's environment."},
            {.name = "pass_env",
             .type = Type::text_list,
             .help = "Names of variables that are taken over from the daemon's environment."},
            {.name = "env_file",
             .type = Type::text,
             .help = "A file of NAME=value lines, read at each start: the place for secrets. "
                     "Relative to this file."},
            {.name = "workspace",
             .type = Type::object,
             .help = "Where the agent works.",
             .table = &workspace_keys()},
            {.name = "limits",
             .type = Type::object,
             .help = "What one run may use.",
             .table = &limit_keys()},
            {.name = "grace",
             .type = Type::duration,
             .help = "The time between the polite and the hard signal. Default: 5s."},
            {.name = "ask_before",
             .type = Type::text_list,
             .help = "Of driver claude: tools, such as Bash or mcp__jira__*, that a person is "
                     "always asked about before they run; parked without repeating model work."},
            {.name = "mcp",
             .type = Type::boolean,
             .help = "Gives the agent agentcron's own MCP server, with the tools ask_person, "
                     "report_progress and finish_with_result. Drivers claude, codex and acp."},
            {.name = "prewarm",
             .type = Type::duration,
             .help = "How long before a fire time a process is started, to wait for its task. Not "
                     "for driver command and `codex exec`. Default: 0s, at the fire time."},
            {.name = "persistent",
             .type = Type::boolean,
             .help = "Whether one process serves one task after another. Only for driver jsonl. "
                     "Default: false."},
            {.name = "recycle",
             .type = Type::object,
             .help = "When a persistent process has served its time.",
             .table = &recycle_keys()},
            {.name = "idle",
             .type = Type::duration,
             .help = "How long a persistent process is kept without a task. Default: 10m."},
            {.name = "max_concurrent",
             .type = Type::integer,
             .help = "The most attempts of this agent at once, over all workers. Default: as many "
                     "as there are slots.",
             .low = 1,
             .high = agent::max_concurrent_max},
        }};
    return table;
}

const Table& workspace_keys() {
    static const Table table{
        "a workspace",
        {
            {.name = "dir",
             .type = Type::text,
             .help = "The working directory, relative to this file. Default: this file's."},
            {.name = "git",
             .type = Type::text,
             .help =
                 "A git repository, relative to this file: each task works in a worktree of its "
                 "own."},
            {.name = "base",
             .type = Type::text,
             .help = "With git: where the task's branch begins, such as origin/main, which is "
                     "fetched first. Default: HEAD."},
            {.name = "branch",
             .type = Type::text,
             .help = "With git: the name of the task's branch. Default: agent/{{task_id}}."},
            {.name = "keep",
             .type = Type::text,
             .help = "With git: which worktrees stay when their task has ended. Never is one "
                     "removed that holds changes or commits of its own. Default: on_failure.",
             .choices = {"on_failure", "always", "never"}},
            {.name = "archive",
             .type = Type::text_list,
             .help = "With git: a program and its arguments, run in the worktree before it is "
                     "removed; if it fails, the worktree stays."},
            {.name = "setup",
             .type = Type::text_list,
             .help = "A program and its arguments, run there before the agent, in a new worktree "
                     "once; if it fails, so does the task (spawn)."},
        }};
    return table;
}

const Table& workspaces_keys() {
    static const Table table{
        "workspaces",
        {
            {.name = "max_bytes",
             .type = Type::size,
             .help = "How much disk they may take together, such as 20G. Beyond it the oldest that "
                     "may go are removed; if that is not enough, new tasks fail. Default: no "
                     "limit."},
        }};
    return table;
}

const Table& limit_keys() {
    static const Table table{
        "limits",
        {
            {.name = "output",
             .type = Type::size,
             .help = "The most output of one run, such as 256M, which is the default."},
            {.name = "when_full",
             .type = Type::text,
             .help = "What happens beyond that: the agent is ended (kill, the default); or, with "
                     "driver command, only the beginning and the end of its output are kept "
                     "(drop_middle), or it waits while so much is not stored yet (block).",
             .choices = {"kill", "drop_middle", "block"}},
            {.name = "memory",
             .type = Type::size,
             .help = "The most memory that it and all it starts may take together, such as 4G."},
            {.name = "pids",
             .type = Type::integer,
             .help = "The most processes and threads it may have at once.",
             .low = 1,
             .high = agent::pids_max_max},
            {.name = "cpu",
             .type = Type::amount,
             .help = "How many processors it may use, such as 1.5.",
             .high = agent::cpus_max_max},
        }};
    return table;
}

const Table& recycle_keys() {
    static const Table table{
        "recycle",
        {
            {.name = "requests",
             .type = Type::integer,
             .help = "It is ended after so many tasks. Default: any number.",
             .low = 1,
             .high = agent::recycle_requests_max},
            {.name = "memory",
             .type = Type::size,
             .help = "It is ended after a task if it takes more, such as 512M. Default: any."},
        }};
    return table;
}

} // namespace agentcron::config
