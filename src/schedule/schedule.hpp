// A schedule as declared in YAML or by a row of agentcron.schedules: when, which agent, what to
// say, and the policies. Values only.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentcron::schedule {

// What happens to a fire time that comes while an earlier task of the schedule is unfinished.
enum class Overlap {
    skip,
    queue_one,       // it waits its turn, if none waits yet
    queue_all,       // it waits its turn, if fewer than queue_max do
    cancel_previous, // it starts when the earlier one, cancelled for it, is gone
    allow,
};
// Does a task that waits for a person count as unfinished? skip: yes (skipped/open_question).
enum class WhileWaiting { skip, allow };
// Which of the fire times that nobody was there for still run.
enum class CatchUp { latest, all, none };
// What follows when nobody answers within input_timeout.
enum class OnInputTimeout {
    fail,
    use_default, // "default": the question's own default is the answer
    go_on,       // "continue": the agent is told that there is no answer
};
// What becomes of a task whose worker was lost.
enum class OnLost {
    retry, // as its retry policy says for the reason lost
    fail,
    ask, // a person says whether it is run again
};
// What each task begins with.
enum class Conversation {
    fresh,
    go_on, // "continue": the conversation of the schedule's latest task, of a step its chain's
};

std::string_view name(Overlap);
std::string_view name(WhileWaiting);
std::string_view name(CatchUp);
std::string_view name(OnInputTimeout);
std::string_view name(OnLost);
std::string_view name(Conversation);
std::optional<Overlap> overlap_from(std::string_view);
std::optional<WhileWaiting> while_waiting_from(std::string_view);
std::optional<CatchUp> catch_up_from(std::string_view);
std::optional<OnInputTimeout> on_input_timeout_from(std::string_view);
std::optional<OnLost> on_lost_from(std::string_view);
std::optional<Conversation> conversation_from(std::string_view);
// Every name in the order of the enum: for messages, completion and the JSON Schema.
std::span<const std::string_view> overlap_names();
std::span<const std::string_view> while_waiting_names();
std::span<const std::string_view> catch_up_names();
std::span<const std::string_view> on_input_timeout_names();
std::span<const std::string_view> on_lost_names();
std::span<const std::string_view> conversation_names();
// What Retry::on may hold: the reasons of a failed task. A test holds them to task/status.hpp.
std::span<const std::string_view> failure_names();
// What Notify::on may hold.
std::span<const std::string_view> event_names();

struct Retry {
    int attempts = 1; // executions in all; 1 = no retry
    base::Seconds backoff{30};
    base::Seconds max_backoff{3600};
    bool jitter = true;
    std::optional<std::vector<std::string>> on; // nullopt: all that a repetition can cure
    std::vector<int> never_on_exit;             // exit codes after which no attempt follows

    friend bool operator==(const Retry&, const Retry&) = default;
};

// What proves that an attempt which ended did its work.
struct Success {
    std::vector<int> exit_codes{0};
    bool result = false;            // it must have given a result
    std::vector<std::string> check; // argv that must exit with 0; empty = none

    friend bool operator==(const Success&, const Success&) = default;
};

// What work may cost; nullopt: no limit.
struct Budget {
    std::optional<double> cost_usd;
    std::optional<std::int64_t> turns;  // answers of the model
    std::optional<std::int64_t> tokens; // input and output

    friend bool operator==(const Budget&, const Budget&) = default;
};

// How one task is carried out: what a schedule and each step of a chain say alike, and what
// tasks.spec holds. A duration of 0 is none, but for `hold`.
struct Execution {
    std::string prompt; // a template; its names are checked by whoever reads the declaration
    std::string params_json = "{}";                           // one JSON object
    std::vector<std::pair<std::string, std::string>> context; // queries by name; templates
    base::Seconds timeout{3600};                              // active time of one attempt
    base::Seconds hold{600};        // how long a process that asked is kept; 0 = parked at once
    base::Seconds total_timeout{0}; // from the first start to the end, waiting included
    base::Seconds stall_timeout{0}; // of an attempt without output
    base::Seconds input_timeout{0}; // of an open question
    OnInputTimeout on_input_timeout = OnInputTimeout::fail;
    OnLost on_lost = OnLost::retry;
    Conversation conversation = Conversation::fresh;
    int max_limit_waits = 5; // so often the end of a limit of the provider is waited for
    Budget budget;           // of a task, its legs and retries together
    Retry retry;
    Success success;
};

// A task of a chain. Each receives the results of the steps before it.
struct Step : Execution {
    std::string name;  // unique in its chain
    std::string agent; // "" = the schedule's
};

// Of all tasks with the group, over all schedules, at most `limit` run at once.
struct Concurrency {
    std::string group; // "" = none
    int limit = 1;
};

// Whom to tell as well of a question that stays open: by a command or by a webhook.
struct Escalation {
    base::Seconds after{0}; // it was asked
    std::vector<std::string> command{};
    std::string webhook{};
    std::string secret_file{};
};

// Whom to tell of what: by a command or by a webhook.
struct Notify {
    std::vector<std::string> on; // of event_names()
    std::vector<std::string> command;
    std::string webhook;                    // a URL
    std::string secret_file;                // signs the webhook's body; "" = no signature
    std::vector<base::Seconds> reminders{}; // of an open question, after it was asked
    std::optional<Escalation> escalate{};
};

struct Schedule : Execution {
    std::string name;
    std::string cron; // "" = it only comes after others
    std::string timezone = "UTC";
    std::string agent;
    bool enabled = true;
    int priority = 100; // lower runs first; limits.hpp has the range of every number
    Overlap overlap = Overlap::skip;
    int queue_max = 100; // most tasks that wait their turn under queue_all
    WhileWaiting while_waiting = WhileWaiting::skip;
    CatchUp catch_up = CatchUp::latest;
    base::Seconds catch_up_window{86400};
    int catch_up_max = 100; // most tasks that `all` makes at once
    base::Seconds jitter{0};
    std::optional<base::Instant> starts_at; // no fire time before it
    std::optional<base::Instant> ends_at;   // no fire time at or after it
    std::optional<int> max_runs;
    std::vector<std::string> exclude; // local days: exclusions.hpp
    Concurrency concurrency;
    base::Seconds queue_timeout{0}; // from run_at to the first start; 0 = none
    std::optional<int> pause_after_failures;
    Budget day_budget; // of all its tasks in a day of its zone
    std::optional<Notify> notify;
    std::string heartbeat_url;
    std::vector<std::string> after; // schedules whose successes make it fire too
    std::vector<Step> steps;        // not empty: a chain
};

} // namespace agentcron::schedule
