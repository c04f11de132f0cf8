// The states of a task. The CHECK constraints of migrations/, these enums and the README's table
// are the same list; a test compares them.
#pragma once

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
    usage_limit,   // blocked
    auth,          // blocked
    upstream,      // blocked
    exit_code,     // failed, as all down to check
    signal,
    timeout,
    stalled,
    input_timeout,
    lost,
    spawn,
    protocol,
    budget,
    output_limit,
    check,
    user,          // cancelled
    replaced,      // cancelled
    overlap,       // skipped
    missed,        // skipped
    expired,       // skipped
    open_question, // skipped
};

std::string_view name(Status status);
std::string_view name(Reason reason); // "" for none
std::optional<Status> status_from(std::string_view name);
std::optional<Reason> reason_from(std::string_view name); // "" gives none

// No attempt will follow without a person's act.
bool is_final(Status status);
// May a task of this status carry this reason?
bool allows(Status status, Reason reason);

} // namespace agentcron::task
