#include "config/keys.hpp"

#include "agent/driver.hpp"
#include "schedule/limits.hpp"
#include "schedule/schedule.hpp"

#include <algorithm>
#include <span>

namespace agentcron::config {
namespace {

std::vector<std::string_view> list(std::span<const std::string_view> names) {
    return {names.begin(), names.end()};
}

} // namespace

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
            {.name = "timezone",
             .type = Type::text,
             .help = "The zone of this file's schedules that name none, such as Europe/Berlin. "
                     "Default: UTC."},
            {.name = "database",
             .type = Type::text,
             .help = "A libpq connection string or URL. In one file only."},
            {.name = "slots",
             .type = Type::integer,
             .help = "How many tasks may run at once on this worker. In one file only.",
             .low = 1,
             .high = slots_max},
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
        }};
    return table;
}

const Table& schedule_keys() {
    static const Table table{
        "a schedule",
        {
            {.name = "cron",
             .type = Type::text,
             .help = "When it fires: \"30 2 * * mon-fri\", \"@daily\" or \"@every 90m\".",
             .required = true},
            {.name = "timezone",
             .type = Type::text,
             .help = "The zone in which the cron expression is read, such as Europe/Berlin."},
            {.name = "agent",
             .type = Type::text,
             .help = "The name of the agent that runs.",
             .required = true},
            {.name = "prompt",
             .type = Type::text,
             .help = "What the agent is told; {{schedule}}, {{fire_time}}, {{task_id}}, "
                     "{{last_success_at}} and {{params.NAME}} are filled in."},
            {.name = "params",
             .type = Type::value_map,
             .help = "Values that the agent gets as JSON and the prompt as {{params.NAME}}."},
            {.name = "enabled",
             .type = Type::boolean,
             .help = "false: it is known but does not fire. Default: true."},
            {.name = "priority",
             .type = Type::integer,
             .help = "Lower runs first. Default: 100.",
             .low = schedule::priority_min,
             .high = schedule::priority_max},
            {.name = "overlap",
             .type = Type::text,
             .help = "When it fires while its last task is unfinished. Default: skip.",
             .choices = list(schedule::overlap_names())},
            {.name = "while_waiting",
             .type = Type::text,
             .help = "When it fires while its last task waits for a person. Default: skip.",
             .choices = list(schedule::while_waiting_names())},
            {.name = "catch_up",
             .type = Type::text,
             .help = "Which of the fire times missed during a downtime still run. Default: "
                     "latest.",
             .choices = list(schedule::catch_up_names())},
            {.name = "catch_up_window",
             .type = Type::duration,
             .help = "Fire times older than this are not made up. Default: 1d."},
            {.name = "catch_up_max",
             .type = Type::integer,
             .help = "The most tasks that `catch_up: all` makes at once. Default: 100.",
             .low = schedule::catch_up_max_min,
             .high = schedule::catch_up_max_max},
            {.name = "timeout",
             .type = Type::duration,
             .help = "The active time of one attempt; waiting for a person does not count. 0s: "
                     "none. Default: 1h."},
            {.name = "hold",
             .type = Type::duration,
             .help = "How long a process that asked a question is kept before it is parked. "
                     "Default: 10m."},
            {.name = "retry",
             .type = Type::object,
             .help = "Whether and when a failed attempt is repeated.",
             .table = &retry_keys()},
        }};
    return table;
}

const Table& retry_keys() {
    static const Table table{
        "retry",
        {
            {.name = "attempts",
             .type = Type::integer,
             .help = "Executions in all. Default: 1, no retry.",
             .low = schedule::retry_attempts_min,
             .high = schedule::retry_attempts_max},
            {.name = "backoff",
             .type = Type::duration,
             .help = "The pause before the second attempt; it doubles. Default: 30s."},
            {.name = "max_backoff",
             .type = Type::duration,
             .help = "The longest pause. Default: 1h."},
        }};
    return table;
}

} // namespace agentcron::config
