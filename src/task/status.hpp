// The states of a task. The CHECK constraints of migrations/, these enums and the README's table
// are the same list; a test compares them. Which state may follow which: task/state.hpp.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace agentcron::task {

enum class Status {
    queued,
    blocked,
    running,
    waiting_for_input,
    succeeded,
    failed,
    cancelled,
    skipped,
};

enum class Reason {
    none,
    retry,         // queued: backing off before the next attempt
    usage_limit,   // blocked: the provider takes no more work for now; failed: once too often
    auth,          // blocked: it takes none before a person has logged in
    upstream,      // blocked, cancelled
    exit_code,     // failed, as all down to context; also an agent that said itself that it failed
    signal,        // killed by a signal that was not ours
    timeout,       // the active time of an attempt was used up
    stalled,       // no output for stall_timeout
    input_timeout, // nobody answered in time
    lost,          // the attempt vanished, or was stopped before it was done
    spawn,         // the agent could not be started
    protocol,      // the agent ended without saying how it went
    budget,        // cost or tokens beyond the limit
    output_limit,  // more output than the agent may write
    check,         // the result did not pass its check
    context,       // a query of its context failed
    user,          // cancelled
    replaced,      // cancelled
    overlap,       // skipped
    missed,        // skipped
    expired,       // skipped
    open_question, // skipped
};

// Every value in the order of the enum, for tables and tests.
extern const std::array<Status, 8> all_statuses;
extern const std::array<Reason, 23> all_reasons;

std::string_view name(Status status);
std::string_view name(Reason reason); // "" for none
std::optional<Status> status_from(std::string_view name);
std::optional<Reason> reason_from(std::string_view name); // "" gives none

// No attempt will follow without a person's act.
bool is_final(Status status);
// May a task of this status carry this reason? A blocked, failed, cancelled or skipped task always
// says why; a running, waiting or succeeded one never needs to.
bool allows(Status status, Reason reason);

} // namespace agentcron::task
