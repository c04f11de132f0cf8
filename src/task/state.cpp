#include "task/state.hpp"

namespace agentcron::task {

const std::array<Event, 12> all_events{
    Event::claimed,  Event::asked,     Event::answered, Event::resumed,
    Event::retrying, Event::succeeded, Event::failed,   Event::blocked,
    Event::released, Event::cancelled, Event::expired,  Event::rerun,
};
static_assert(std::tuple_size_v<decltype(all_events)> == std::size_t(Event::rerun) + 1);

namespace {

// From where an event is legal.
bool is_legal(Status from, Event event) {
    const bool executing = from == Status::running || from == Status::waiting_for_input;
    switch (event) {
    case Event::claimed: return from == Status::queued;
    // A second question may be asked while the first is open.
    case Event::asked: return executing;
    case Event::answered:
    case Event::resumed: return from == Status::waiting_for_input;
    case Event::retrying:
    case Event::succeeded:
    case Event::failed:
    case Event::blocked: return executing;
    case Event::released: return from == Status::blocked;
    case Event::cancelled: return !is_final(from);
    case Event::expired: return from == Status::queued || from == Status::blocked;
    // A succeeded task is done; who wants its work again triggers a new one.
    case Event::rerun: return is_final(from) && from != Status::succeeded;
    }
    return false;
}

State target(Event event, Reason why) {
    switch (event) {
    case Event::claimed:
    case Event::answered: return {Status::running, why};
    case Event::asked: return {Status::waiting_for_input, why};
    case Event::resumed:
    case Event::released:
    case Event::rerun: return {Status::queued, why};
    case Event::retrying: return {Status::queued, Reason::retry};
    case Event::succeeded: return {Status::succeeded, why};
    case Event::failed: return {Status::failed, why};
    case Event::blocked: return {Status::blocked, why};
    case Event::cancelled: return {Status::cancelled, why};
    case Event::expired: return {Status::skipped, Reason::expired};
    }
    return {};
}

// The events whose reason is the caller's to give; the others carry none or always the same.
bool takes_reason(Event event) {
    return event == Event::failed || event == Event::blocked || event == Event::cancelled;
}

} // namespace

std::optional<State> step(Status status, Event event, Reason why) {
    if (!is_legal(status, event)) return std::nullopt;
    if (!takes_reason(event) && why != Reason::none) return std::nullopt;
    const State next = target(event, why);
    if (!allows(next.status, next.reason)) return std::nullopt;
    return next;
}

} // namespace agentcron::task
