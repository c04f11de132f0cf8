#include "task/status.hpp"

namespace agentcron::task {

const std::array<Status, 8> all_statuses{
    Status::queued,    Status::blocked, Status::running,   Status::waiting_for_input,
    Status::succeeded, Status::failed,  Status::cancelled, Status::skipped,
};
const std::array<Reason, 23> all_reasons{
    Reason::none,     Reason::retry,         Reason::usage_limit,   Reason::auth,
    Reason::upstream, Reason::exit_code,     Reason::signal,        Reason::timeout,
    Reason::stalled,  Reason::input_timeout, Reason::lost,          Reason::spawn,
    Reason::protocol, Reason::budget,        Reason::output_limit,  Reason::check,
    Reason::context,  Reason::user,          Reason::replaced,      Reason::overlap,
    Reason::missed,   Reason::expired,       Reason::open_question,
};
// A value added to an enum must be added to its list too.
static_assert(std::tuple_size_v<decltype(all_statuses)> == std::size_t(Status::skipped) + 1);
static_assert(std::tuple_size_v<decltype(all_reasons)> == std::size_t(Reason::open_question) + 1);

namespace {

// The status that a reason explains; nullopt for none. Two explain another one
// too: see allows().
std::optional<Status> status_of(Reason reason) {
    switch (reason) {
    case Reason::none: return std::nullopt;
    case Reason::retry: return Status::queued;
    case Reason::usage_limit:
    case Reason::auth:
    case Reason::upstream: return Status::blocked;
    case Reason::exit_code:
    case Reason::signal:
    case Reason::timeout:
    case Reason::stalled:
    case Reason::input_timeout:
    case Reason::lost:
    case Reason::spawn:
    case Reason::protocol:
    case Reason::budget:
    case Reason::output_limit:
    case Reason::check:
    case Reason::context: return Status::failed;
    case Reason::user:
    case Reason::replaced: return Status::cancelled;
    case Reason::overlap:
    case Reason::missed:
    case Reason::expired:
    case Reason::open_question: return Status::skipped;
    }
    return std::nullopt;
}

bool needs_reason(Status status) {
    switch (status) {
    case Status::queued:
    case Status::running:
    case Status::waiting_for_input:
    case Status::succeeded: return false;
    case Status::blocked:
    case Status::failed:
    case Status::cancelled:
    case Status::skipped: return true;
    }
    return false;
}

} // namespace

std::string_view name(Status status) {
    switch (status) {
    case Status::queued: return "queued";
    case Status::blocked: return "blocked";
    case Status::running: return "running";
    case Status::waiting_for_input: return "waiting_for_input";
    case Status::succeeded: return "succeeded";
    case Status::failed: return "failed";
    case Status::cancelled: return "cancelled";
    case Status::skipped: return "skipped";
    }
    return "";
}

std::string_view name(Reason reason) {
    switch (reason) {
    case Reason::none: return "";
    case Reason::retry: return "retry";
    case Reason::usage_limit: return "usage_limit";
    case Reason::auth: return "auth";
    case Reason::upstream: return "upstream";
    case Reason::exit_code: return "exit_code";
    case Reason::signal: return "signal";
    case Reason::timeout: return "timeout";
    case Reason::stalled: return "stalled";
    case Reason::input_timeout: return "input_timeout";
    case Reason::lost: return "lost";
    case Reason::spawn: return "spawn";
    case Reason::protocol: return "protocol";
    case Reason::budget: return "budget";
    case Reason::output_limit: return "output_limit";
    case Reason::check: return "check";
    case Reason::context: return "context";
    case Reason::user: return "user";
    case Reason::replaced: return "replaced";
    case Reason::overlap: return "overlap";
    case Reason::missed: return "missed";
    case Reason::expired: return "expired";
    case Reason::open_question: return "open_question";
    }
    return "";
}

std::optional<Status> status_from(std::string_view text) {
    for (const Status status : all_statuses) {
        if (name(status) == text) return status;
    }
    return std::nullopt;
}

std::optional<Reason> reason_from(std::string_view text) {
    for (const Reason reason : all_reasons) {
        if (name(reason) == text) return reason;
    }
    return std::nullopt;
}

bool is_final(Status status) {
    switch (status) {
    case Status::queued:
    case Status::blocked:
    case Status::running:
    case Status::waiting_for_input: return false;
    case Status::succeeded:
    case Status::failed:
    case Status::cancelled:
    case Status::skipped: return true;
    }
    return false;
}

bool allows(Status status, Reason reason) {
    if (reason == Reason::none) return !needs_reason(status);
    // What waits for an earlier step is blocked; once that step failed, it is cancelled.
    if (reason == Reason::upstream && status == Status::cancelled) return true;
    // A limit is waited for only so often.
    if (reason == Reason::usage_limit && status == Status::failed) return true;
    return status_of(reason) == status;
}

} // namespace agentcron::task
