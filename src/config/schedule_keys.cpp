// The keys of a schedule and what stands below it.
#include "config/keys.hpp"
#include "schedule/limits.hpp"
#include "schedule/schedule.hpp"

#include <span>

namespace agentcron::config {
namespace {

std::vector<std::string_view> list(std::span<const std::string_view> names) {
    return {names.begin(), names.end()};
}

// What a schedule and a step say alike.
void add_execution_keys(std::vector<Key>& keys, const Table& budget) {
    const std::vector<Key> shared{
        {.name = "prompt",
         .type = Type::text,
         .help = "What the agent is told; {{schedule}}, {{fire_time}}, {{task_id}}, "
                 "{{last_success_at}}, {{params.NAME}} and {{context.NAME}} are filled in."},
        {.name = "context",
         .type = Type::text_map,
         .help = "Queries whose rows the prompt gets as {{context.NAME}}: {mail: \"select ...\"}. "
                 "They are read-only and run at the start of each attempt."},
        {.name = "params",
         .type = Type::value_map,
         .help = "Values that the agent gets as JSON and the prompt as {{params.NAME}}."},
        {.name = "timeout",
         .type = Type::duration,
         .help = "The active time of one attempt; waiting for a person does not count. 0s: "
                 "none. Default: 1h."},
        {.name = "hold",
         .type = Type::duration,
         .help = "How long a process that asked a question is kept before it is parked. "
                 "Default: 10m."},
        {.name = "total_timeout",
         .type = Type::duration,
         .help = "The time from the first start to the end, retries and waiting included. "
                 "Default: none."},
        {.name = "stall_timeout",
         .type = Type::duration,
         .help = "An attempt that writes nothing for so long is ended. Default: none."},
        {.name = "input_timeout",
         .type = Type::duration,
         .help = "A question that nobody answers for so long is closed. Default: none."},
        {.name = "on_input_timeout",
         .type = Type::text,
         .help = "What follows then: the task fails, the question's default is taken, or the "
                 "agent continues without an answer. Default: fail.",
         .choices = list(schedule::on_input_timeout_names())},
        {.name = "on_lost",
         .type = Type::text,
         .help = "What becomes of a task whose worker was lost: retry it by its retry policy, "
                 "fail, or ask a person. Default: retry.",
         .choices = list(schedule::on_lost_names())},
        {.name = "conversation",
         .type = Type::text,
         .help = "fresh: each task begins a new conversation; continue: it goes on with that of "
                 "the schedule's latest task, or, at a step, of an earlier step with the same "
                 "agent. Default: fresh.",
         .choices = list(schedule::conversation_names())},
        {.name = "max_limit_waits",
         .type = Type::integer,
         .help = "How often a task waits for the end of a usage limit of its agent's provider; "
                 "no attempt is counted for it. Default: 5.",
         .low = schedule::limit_waits_min,
         .high = schedule::limit_waits_max},
        {.name = "budget",
         .type = Type::object,
         .help = "What a task may cost, its attempts together; over it the agent is ended.",
         .table = &budget},
        {.name = "retry",
         .type = Type::object,
         .help = "Whether and when a failed attempt is repeated.",
         .table = &retry_keys()},
        {.name = "success",
         .type = Type::object,
         .help = "What proves that an attempt did its work; without the proof it failed.",
         .table = &success_keys()},
    };
    keys.insert(keys.end(), shared.begin(), shared.end());
}

std::vector<Key> time_keys() {
    return {
        {.name = "cron",
         .type = Type::text,
         .help = "When it fires: \"30 2 * * mon-fri\", \"@daily\" or \"@every 90m\"."},
        {.name = "after",
         .type = Type::text_list,
         .help = "Names of schedules: it also fires when a task of each of them has succeeded."},
        {.name = "timezone",
         .type = Type::text,
         .help = "The zone in which the cron expression is read, such as Europe/Berlin."},
        {.name = "enabled",
         .type = Type::boolean,
         .help = "false: it is known but does not fire. Default: true."},
        {.name = "starts_at",
         .type = Type::text,
         .help = "It does not fire before: 2026-12-01 or 2026-12-01T09:00 in its zone, or with "
                 "an offset."},
        {.name = "ends_at",
         .type = Type::text,
         .help = "It does not fire from then on: 2026-12-01 or 2026-12-01T09:00 in its zone, or "
                 "with an offset."},
        {.name = "max_runs",
         .type = Type::integer,
         .help = "It does not fire any more once so many of its tasks ran. Default: any number.",
         .low = schedule::max_runs_min,
         .high = schedule::max_runs_max},
        {.name = "exclude",
         .type = Type::text_list,
         .help = "Days on which it does not fire: dates such as 2026-12-25, ranges such as "
                 "2026-12-24/2027-01-01, names of calendars."},
        {.name = "jitter",
         .type = Type::duration,
         .help = "Each task starts up to so much after its fire time, never past the next one. "
                 "Default: 0s."},
    };
}

std::vector<Key> policy_keys() {
    return {
        {.name = "priority",
         .type = Type::integer,
         .help = "Lower runs first. Default: 100.",
         .low = schedule::priority_min,
         .high = schedule::priority_max},
        {.name = "overlap",
         .type = Type::text,
         .help = "When it fires while its last task is unfinished. Default: skip.",
         .choices = list(schedule::overlap_names())},
        {.name = "queue_max",
         .type = Type::integer,
         .help = "The most tasks that wait under `overlap: queue_all`. Default: 100.",
         .low = schedule::queue_max_min,
         .high = schedule::queue_max_max},
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
        {.name = "concurrency",
         .type = Type::object,
         .help = "A group of tasks, over all schedules and workers, and how many of it may run "
                 "at once.",
         .table = &concurrency_keys()},
        {.name = "queue_timeout",
         .type = Type::duration,
         .help = "A task that could not start for so long is skipped. Default: none."},
        {.name = "pause_after_failures",
         .type = Type::integer,
         .help = "It pauses itself after so many failed tasks in a row. Default: never.",
         .low = schedule::pause_after_failures_min,
         .high = schedule::pause_after_failures_max},
        {.name = "notify",
         .type = Type::object,
         .help = "Whom to tell of what. Default: nobody.",
         .table = &notify_keys()},
        {.name = "heartbeat",
         .type = Type::text,
         .help = "A URL that is called at the start (/start), success and failure (/fail) of each "
                 "task."},
        {.name = "steps",
         .type = Type::objects,
         .help = "A chain: steps that run one after the other, each a task of its own that gets "
                 "the results of those before it.",
         .table = &step_keys()},
    };
}

} // namespace

const Table& schedule_keys() {
    static const Table table = [] {
        Table made{"a schedule", time_keys(), {{"cron", "after"}, {"agent", "steps"}}};
        made.keys.push_back({.name = "agent",
                             .type = Type::text,
                             .help = "The name of the agent that runs; not needed where every step "
                                     "names its own."});
        add_execution_keys(made.keys, schedule_budget_keys());
        const auto policies = policy_keys();
        made.keys.insert(made.keys.end(), policies.begin(), policies.end());
        return made;
    }();
    return table;
}

const Table& step_keys() {
    static const Table table = [] {
        Table made{"a step",
                   {{.name = "name",
                     .type = Type::text,
                     .help = "What later steps know its result by; unique in its chain.",
                     .required = true},
                    {.name = "agent",
                     .type = Type::text,
                     .help = "The name of the agent that runs. Default: the schedule's."}}};
        add_execution_keys(made.keys, budget_keys());
        return made;
    }();
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
            {.name = "jitter",
             .type = Type::boolean,
             .help = "Each pause is a random part of what it would be, so that tasks that failed "
                     "together do not come back together. Default: true."},
            {.name = "on",
             .type = Type::text_list,
             .help = "The reasons of a failure that are retried. Default: all that a repetition "
                     "can cure.",
             .choices = list(schedule::failure_names())},
            {.name = "never_on_exit",
             .type = Type::integers,
             .help = "Exit codes after which no other attempt is made. Default: none.",
             .low = schedule::exit_code_min,
             .high = schedule::exit_code_max},
        }};
    return table;
}

const Table& success_keys() {
    static const Table table{
        "success",
        {
            {.name = "exit_code",
             .type = Type::integers,
             .help = "The exit codes that are no failure. Default: 0.",
             .low = schedule::exit_code_min,
             .high = schedule::exit_code_max},
            {.name = "result",
             .type = Type::text,
             .help = "Whether the agent must give a result. Default: optional.",
             .choices = {"required", "optional"}},
            {.name = "check",
             .type = Type::text_list,
             .help = "A program and its arguments that must exit with 0 afterwards; no shell reads "
                     "them."},
        }};
    return table;
}

const Table& budget_keys() {
    static const Table table{"a budget",
                             {
                                 {.name = "cost_usd",
                                  .type = Type::amount,
                                  .help = "Money, as far as the agent tells of it.",
                                  .high = static_cast<std::int64_t>(schedule::budget_cost_usd_max)},
                                 {.name = "turns",
                                  .type = Type::integer,
                                  .help = "Answers of the model.",
                                  .low = 1,
                                  .high = schedule::budget_count_max},
                                 {.name = "tokens",
                                  .type = Type::integer,
                                  .help = "Tokens of input and output, those of a cache included.",
                                  .low = 1,
                                  .high = schedule::budget_count_max},
                             }};
    return table;
}

const Table& schedule_budget_keys() {
    static const Table table = [] {
        Table made = budget_keys();
        made.keys.push_back({.name = "per_day",
                             .type = Type::object,
                             .help = "The same for all tasks of the schedule in a day of its zone; "
                                     "when it is used up no more of them starts.",
                             .table = &budget_keys()});
        return made;
    }();
    return table;
}

const Table& concurrency_keys() {
    static const Table table{
        "concurrency",
        {
            {.name = "group",
             .type = Type::text,
             .help = "The group's name; every schedule that names it belongs to it.",
             .required = true},
            {.name = "limit",
             .type = Type::integer,
             .help = "The most tasks of the group at once. Default: 1.",
             .low = schedule::concurrency_limit_min,
             .high = schedule::concurrency_limit_max},
        }};
    return table;
}

const Table& notify_keys() {
    static const Table table{
        "notify",
        {
            {.name = "on",
             .type = Type::text_list,
             .help = "The events that are told.",
             .required = true,
             .choices = list(schedule::event_names())},
            {.name = "command",
             .type = Type::text_list,
             .help = "A program and its arguments, which gets the event as JSON; no shell reads "
                     "them."},
            {.name = "webhook",
             .type = Type::text,
             .help = "A URL to which the event is posted as JSON."},
            {.name = "secret_file",
             .type = Type::text,
             .help = "A file whose content signs the webhook's body. Relative to this file."},
            {.name = "reminders",
             .type = Type::durations,
             .help = "When to tell again of a question that stays open: [1h, 1d] after it was "
                     "asked."},
            {.name = "escalate",
             .type = Type::object,
             .help = "Whom else to tell of a question that stays open.",
             .table = &escalate_keys()},
        },
        {{"command", "webhook"}}};
    return table;
}

const Table& escalate_keys() {
    static const Table table{
        "escalate",
        {
            {.name = "after",
             .type = Type::duration,
             .help = "How long after a question was asked.",
             .required = true},
            {.name = "command",
             .type = Type::text_list,
             .help = "A program and its arguments, which gets the question as JSON; no shell reads "
                     "them."},
            {.name = "webhook",
             .type = Type::text,
             .help = "A URL to which the question is posted as JSON."},
            {.name = "secret_file",
             .type = Type::text,
             .help = "A file whose content signs the webhook's body. Relative to this file."},
        },
        {{"command", "webhook"}}};
    return table;
}

} // namespace agentcron::config
