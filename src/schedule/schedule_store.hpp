// What the scheduler needs of storage. Calls are made on the loop thread and complete by callback
// on the loop thread; while the database is away they wait.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace agentcron::schedule {

struct Materialised {
    std::int64_t task_id = 0;
    std::string schedule;
    base::Instant fire_time{};
    std::string status; // queued | skipped
    std::string reason;
};

struct Tick {
    std::vector<Materialised> tasks; // rows that this tick made
    std::vector<std::string> errors; // "schedule `x`: why it cannot fire", newly found
    // The earliest fire time or alarm; none: nothing is to come.
    std::optional<base::Instant> next_at;
    // When that was looked up, by the database's clock and by this machine's.
    base::Instant database_now{};
    base::Instant local_now{};
    bool queued = false; // also by an answer, a backfill or an end that others wait for
    bool more = false;   // a full batch was worked on: tick again at once
};

class ScheduleStore {
public:
    virtual ~ScheduleStore() = default;
    // Reads changed declarations, then makes the rows of every due time, each in one transaction.
    virtual void tick(std::function<void(Tick)> then) = 0;
    // Tells the workers of other processes that there is something to claim.
    virtual void announce_ready() = 0;
};

} // namespace agentcron::schedule
