// What a task is to do, resolved when it was materialised and stored in tasks.spec, so that a later
// edit of its schedule does not change a run that already exists.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "task/budget.hpp"
#include "task/prompt.hpp"
#include "task/status.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::task {

struct RetryPolicy {
    int attempts = 1; // executions in all; 1 = no retry
    base::Seconds backoff{30};
    base::Seconds max_backoff{3600};
    bool jitter = true;
    std::optional<std::vector<Reason>> on{}; // nullopt: after every reason that is_retryable
    std::vector<int> never_on_exit{};        // exit codes after which no other attempt is made
};

// What proves that an attempt which ended well did its work.
struct Success {
    std::vector<int> exit_codes{0};
    bool result = false;              // it must have given a result
    std::vector<std::string> check{}; // argv that must exit with 0; empty = none
};

// What follows when nobody answers within input_timeout.
enum class OnInputTimeout {
    fail,        // the task fails with reason input_timeout
    use_default, // "default": the question's own default is the answer; without one as fail
    go_on,       // "continue": the agent is told that there is no answer
};

// What becomes of a task whose worker was lost; who takes it back reads it in the database.
enum class OnLost {
    retry, // as its retry policy says for the reason lost
    fail,
    ask, // a person says whether it is run again
};

struct Spec {
    std::string prompt; // a template: task/prompt.hpp
    boost::json::object params;
    Queries context;                // templates, run at the start of each attempt
    base::Seconds timeout{3600};    // active time of one attempt; 0 = none
    base::Seconds hold{600};        // how long a process that asked is kept before it is parked
    base::Seconds total_timeout{0}; // from the first start to the end, waiting included; 0 = none
    base::Seconds stall_timeout{0}; // of an attempt without output; 0 = none
    base::Seconds queue_timeout{0}; // from run_at to the first start; 0 = none
    base::Seconds input_timeout{0}; // of an open question; 0 = none
    OnInputTimeout on_input_timeout = OnInputTimeout::fail;
    OnLost on_lost = OnLost::retry;
    bool continues_conversation = false; // "conversation": "continue"; else "fresh"
    int max_limit_waits = 5; // so often the end of a limit of the provider is waited for
    Budget budget;           // of all attempts and their legs together
    RetryPolicy retry;
    Success success;
};

// The jsonb of tasks.spec: {"prompt","params","context":{NAME: query},"timeout","hold",
// "total_timeout","stall_timeout","queue_timeout","input_timeout","on_input_timeout",
// "on_lost","conversation","max_limit_waits","budget":{"cost_usd","turns","tokens"},
// "retry":{"attempts","backoff","max_backoff","jitter","on","never_on_exit"},
// "success":{"exit_codes","result","check"}}, durations in seconds.
// Reading fills defaults for members that are absent; others (of a chain: "steps") are ignored.
std::string to_json(const Spec& spec);
base::Result<Spec, std::string> spec_from_json(std::string_view json);

std::string_view name(OnInputTimeout); // "fail", "default", "continue"
std::optional<OnInputTimeout> on_input_timeout_from(std::string_view);
std::string_view name(OnLost); // as the enum's own
std::optional<OnLost> on_lost_from(std::string_view);

} // namespace agentcron::task
