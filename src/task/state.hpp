// The life of a task as a table of legal steps. Pure: the engine and the SQL functions act, this
// says what may follow what. A task is born queued or skipped.
//
//   queued             claimed -> running; expired -> skipped
//   running            asked -> waiting_for_input; retrying -> queued; blocked -> blocked;
//                      succeeded, failed -> the same
//   waiting_for_input  as running, and: answered -> running (the process lived on);
//                      resumed -> queued (it had been parked: that ends the process, not the wait)
//   blocked            released -> queued; expired -> skipped
//   all four           cancelled -> cancelled
//   failed, cancelled, skipped: rerun -> queued. Nothing follows succeeded.
#pragma once

#include "task/status.hpp"

#include <array>
#include <optional>

namespace agentcron::task {

struct State {
    Status status = Status::queued;
    Reason reason = Reason::none;
    bool operator==(const State&) const = default;
};

enum class Event {
    claimed,   // a worker took the lease
    asked,     // the agent has an open question
    answered,  // ... and its living process got the answer, or withdrew the question
    resumed,   // an answer came after parking: a new leg is due
    retrying,  // the attempt failed or was lost, and another one is due
    succeeded, // the attempt ended well
    failed,    // the attempt ended badly and no other is due; or nobody answered in time
    blocked,   // a limit of the agent's provider, or a login it needs
    released,  // the limit's time is over, or a person has helped
    cancelled, // by a person or by a newer task, with a reason
    expired,   // waited in the queue for longer than it may
    rerun,     // a person wants a finished task run again
};
extern const std::array<Event, 12> all_events;

// The state after `event`, or nullopt where it is not legal. `why` is the reason of the events
// that need one (failed, blocked, cancelled) and none for the others; a reason that does not fit
// the new status is not legal either.
std::optional<State> step(Status status, Event event, Reason why = Reason::none);

} // namespace agentcron::task
