// How an attempt's end is told to the world. Pure: the engine gathers what is known (the exit
// record, the driver's verdict, what it had itself decided) and asks here; task/retry_policy.hpp
// then says whether a failure is followed by another attempt.
#pragma once

#include "base/clock.hpp"
#include "task/status.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace agentcron::task {

struct Ending {
    // From the exit record. `stage` is "ran", a step that failed with errno `error`, or "lost".
    std::string stage = "ran";
    int error = 0;
    std::optional<int> exit_code;
    std::optional<int> signal;
    bool deadline_hit = false;
    bool output_limit_hit = false;
    bool memory_limit_hit = false; // the kernel ended something of it for its memory limit
    bool terminated = false;       // the daemon told the process to end, or its lease was over
    bool lease_over = false;       // its lease was not renewed in time, and rivals were there

    // The limit for which the engine ended it.
    enum class Limit { none, timeout, total_timeout, stall_timeout, input_timeout, budget };
    Limit limit = Limit::none;

    // The driver's word on a process that ran.
    enum class Verdict { succeeded, failed, asked_and_left, limited, login_needed };
    Verdict verdict = Verdict::failed;
    std::string verdict_reason; // of a failure: the name of a Reason
    std::string verdict_message;
    // The conversation to go on with could not be opened, so nothing was done.
    bool session_is_gone = false;
    bool may_begin_anew = false; // with another conversation, where that one is gone
    std::int64_t continues = 0;  // the task that had it before; 0 = it was this one's own
    std::optional<base::Instant> limited_until{}; // of limited, if known

    // What the engine knows.
    bool has_result = false; // the agent gave one
    int limit_waits = 0;     // so often its task has waited for the end of a limit already
    int max_limit_waits = 0;
    bool cancel_requested = false;
    Reason cancel_reason = Reason::user; // user or replaced
    // The agent waits for a person: as of when it was told to end, or when it vanished.
    bool question_open = false;

    // For the messages.
    std::string agent;
    std::string account;           // "user me on host", whose logins the agent uses
    std::string unblock_with;      // the command that lets the task go on after a login
    std::string program;           // argv[0]
    std::string working_directory; // what chdir was asked for
    base::Seconds timeout{0};
    base::Seconds total_timeout{0};
    base::Seconds input_timeout{0};
    base::Seconds silent_for{0}; // of one that stalled
    std::string over_budget;     // the budget that is used up, of one that was stopped for it
    std::uint64_t output_bytes_max = 0;
    std::uint64_t memory_bytes_max = 0;

    bool result_required = false;
};

struct Outcome {
    Status status = Status::failed; // succeeded, failed, cancelled, blocked or waiting_for_input
    Reason reason = Reason::none;
    std::string message; // one sentence for people; "" where there is nothing to say
    // False where no other attempt may follow, whatever the retry policy says of the reason.
    bool may_retry = true;
    // No end: it is tried again at once, with a new conversation, as if it had not been tried.
    bool begins_anew = false;
    // No end either: the machine could not start it (task/shortage.hpp). It is given back, as if it
    // had not been tried, and the machine takes no other for a while.
    bool waits_for_machine = false;
    std::optional<base::Instant> until{}; // of blocked/usage_limit: when the limit ends, if known
};

// In this order, the first that holds:
// 1. Cancelled by request, unless the agent ended by itself and well: what was done was done.
// 2. It could not be started: failed/spawn; the message names stage, error and what to do. Where
//    only its machine lacked something, it waits for that.
// 3. It used up its time or its task's, or a budget, was silent for too long, got no answer in
// time,
//    or wrote too much: failed/timeout, budget, stalled, input_timeout, output_limit.
// 4. Told to end (parked) or vanished while a question was open: waiting_for_input, for the answer
//    starts a new leg whatever became of the process.
// 5. Vanished, or told to end for a reason of the daemon's: failed/lost.
// 6. Killed for its memory limit: failed/signal, with a message that says so.
// 7. What the driver says; asked_and_left is waiting_for_input, limited blocked/usage_limit as
//    often as max_limit_waits allows, login_needed blocked/auth. A success without the result that
//    is required: failed/check. A conversation that is gone: another is begun, or failed/protocol.
// Where the answer came while the process ended, the caller resumes a waiting task at once.
Outcome decide_outcome(const Ending& ending);

// How a program that runs beside an agent ended: its workspace's setup, its task's success.check.
struct HookEnding {
    std::string stage = "ran"; // as in Ending
    int error = 0;
    std::optional<int> exit_code{};
    std::optional<int> signal{};
    bool out_of_time = false;
    bool output_limit_hit = false;
    bool terminated = false; // the daemon told it to end, or did not start it any more
    std::string program{};
    std::string working_directory{};
    std::string last_line{}; // the last words it wrote; "" = none
};

// What is to be said after its name of one that failed: "exited with code 3: 2 rows differ". "" if
// it ended by itself with exit code 0.
std::string failure_of(const HookEnding& hook, std::uint64_t output_bytes_max);

// `agent` is an ending that would have been a success. It is one if the check ended by itself with
// exit code 0. Else, the first that holds: cancelled by request; the task's total_timeout is over:
// failed/timeout; the check could not be started, which no other attempt would cure: failed/check;
// ended for a reason of the daemon's: failed/lost; failed/check.
Outcome decide_outcome(const Ending& agent, const HookEnding& check);

// Of a task whose total_timeout is over before an attempt was started.
Outcome total_timeout_over(base::Seconds total_timeout);
// Of a task whose budget, or its schedule's for the day, has no room for another attempt.
Outcome budget_used_up(const std::string& which);
// Of a task that nobody answered within its input_timeout.
Outcome nobody_answered(base::Seconds input_timeout);

// Of one whose launch failed at `stage` with errno `error`; `message` says so.
Outcome not_launched(const std::string& stage, int error, std::string message);

// "exec: No such file or directory: 'foo' is not on the agent's PATH ...", for a stage that failed.
std::string launch_error_message(const Ending& ending);

} // namespace agentcron::task
