// What becomes of a task while other tasks of its schedule are unfinished. Pure.
//
// It is asked twice. When a due time becomes a task: one that the policy drops never enters the
// queue. And when the task would leave the queue: what was true then may have changed, and so may
// the policy, which is always the one that stands now.
#pragma once

#include "base/clock.hpp"
#include "schedule/schedule.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace agentcron::schedule {

// Another task of the same schedule that has not ended.
struct Unfinished {
    enum class Standing {
        in_line, // queued, never started
        begun,   // queued again: between two attempts, or resuming after an answer
        running,
        lost,    // its worker is gone: it is about to end or to be queued again
        waiting, // for a person
    };
    std::int64_t task_id = 0;
    Standing standing = Standing::running;
    base::Instant turn_at{}; // of those that are queued
    bool waits_turn = false; // queued, and held back for another task of the schedule
};

struct OverlapPolicy {
    Overlap overlap = Overlap::skip;
    WhileWaiting while_waiting = WhileWaiting::skip;
    int queue_max = 100; // of queue_all
};

struct OverlapTask {
    base::Instant turn_at{};
    bool begun = false; // it ran before: it may have to wait, but it is not dropped any more
    // A person asked for it, or `catch_up: all` makes up for it: it is not dropped but waits its
    // turn, unless the policy is allow.
    bool keep = false;
};

struct OverlapFate {
    enum class Kind {
        go,
        wait,              // until the schedule has no task that runs
        skip,              // skipped/overlap
        skip_for_question, // skipped/open_question
        replaced,          // cancelled/replaced: a newer task of the schedule takes its place
    };
    Kind kind = Kind::go;
    std::int64_t because_of = 0;       // the task that decided it
    std::string message;               // of what does not go
    std::vector<std::int64_t> cancels; // of cancel_previous: what has to end first
};

// `others` in any order. At entry the task stands behind everything that is queued.
OverlapFate at_entry(const OverlapPolicy& policy, const OverlapTask& task,
                     std::span<const Unfinished> others);
OverlapFate at_start(const OverlapPolicy& policy, const OverlapTask& task,
                     std::span<const Unfinished> others);

} // namespace agentcron::schedule
