#include "task/state.hpp"

#include "support/catch.hpp"

#include <map>

using namespace agentcron::task;

namespace {

// A reason that an event can carry; none for those that carry none.
Reason fitting(Event event) {
    switch (event) {
    case Event::failed: return Reason::exit_code;
    case Event::blocked: return Reason::auth;
    case Event::cancelled: return Reason::user;
    case Event::claimed:
    case Event::asked:
    case Event::answered:
    case Event::resumed:
    case Event::retrying:
    case Event::succeeded:
    case Event::released:
    case Event::expired:
    case Event::rerun: return Reason::none;
    }
    return Reason::none;
}

// The whole machine, written a second time as a table: what is not here is not legal.
const std::map<std::pair<Status, Event>, State> legal{
    {{Status::queued, Event::claimed}, {Status::running}},
    {{Status::queued, Event::cancelled}, {Status::cancelled, Reason::user}},
    {{Status::queued, Event::expired}, {Status::skipped, Reason::expired}},

    {{Status::blocked, Event::released}, {Status::queued}},
    {{Status::blocked, Event::cancelled}, {Status::cancelled, Reason::user}},
    {{Status::blocked, Event::expired}, {Status::skipped, Reason::expired}},

    {{Status::running, Event::asked}, {Status::waiting_for_input}},
    {{Status::running, Event::retrying}, {Status::queued, Reason::retry}},
    {{Status::running, Event::succeeded}, {Status::succeeded}},
    {{Status::running, Event::failed}, {Status::failed, Reason::exit_code}},
    {{Status::running, Event::blocked}, {Status::blocked, Reason::auth}},
    {{Status::running, Event::cancelled}, {Status::cancelled, Reason::user}},

    {{Status::waiting_for_input, Event::asked}, {Status::waiting_for_input}},
    {{Status::waiting_for_input, Event::answered}, {Status::running}},
    {{Status::waiting_for_input, Event::resumed}, {Status::queued}},
    {{Status::waiting_for_input, Event::retrying}, {Status::queued, Reason::retry}},
    {{Status::waiting_for_input, Event::succeeded}, {Status::succeeded}},
    {{Status::waiting_for_input, Event::failed}, {Status::failed, Reason::exit_code}},
    {{Status::waiting_for_input, Event::blocked}, {Status::blocked, Reason::auth}},
    {{Status::waiting_for_input, Event::cancelled}, {Status::cancelled, Reason::user}},

    {{Status::failed, Event::rerun}, {Status::queued}},
    {{Status::cancelled, Event::rerun}, {Status::queued}},
    {{Status::skipped, Event::rerun}, {Status::queued}},
};

} // namespace

TEST_CASE("every pair of status and event is legal or refused as the table says", "[unit][task]") {
    std::size_t found = 0;
    for (const Status status : all_statuses) {
        for (const Event event : all_events) {
            CAPTURE(name(status), static_cast<int>(event));
            const auto next = step(status, event, fitting(event));
            const auto expected = legal.find({status, event});
            REQUIRE(next.has_value() == (expected != legal.end()));
            if (!next) continue;
            CHECK(*next == expected->second);
            CHECK(allows(next->status, next->reason));
            ++found;
        }
    }
    CHECK(found == legal.size());
}

TEST_CASE("a reason that does not fit the event is refused", "[unit][task]") {
    CHECK_FALSE(step(Status::running, Event::failed));
    CHECK_FALSE(step(Status::running, Event::failed, Reason::user));
    CHECK_FALSE(step(Status::running, Event::cancelled, Reason::timeout));
    CHECK_FALSE(step(Status::running, Event::blocked, Reason::exit_code));
    CHECK_FALSE(step(Status::running, Event::succeeded, Reason::exit_code));
    CHECK_FALSE(step(Status::running, Event::retrying, Reason::lost));
    CHECK_FALSE(step(Status::queued, Event::claimed, Reason::retry));
    CHECK(step(Status::waiting_for_input, Event::failed, Reason::input_timeout) ==
          State{Status::failed, Reason::input_timeout});
}

TEST_CASE("a final status is left only by a person's rerun", "[unit][task]") {
    for (const Status status : all_statuses) {
        if (!is_final(status)) continue;
        for (const Event event : all_events) {
            if (event != Event::rerun) CHECK_FALSE(step(status, event, fitting(event)));
        }
    }
}
