// Which of the tasks at the head of the queue may start. Pure: the store reads the facts under the
// locks of the keys, asks here, and writes the answer in the same transaction.
#pragma once

#include "schedule/overlap.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace agentcron::schedule {

// What a task may have to wait for, and how many may run under it at once: group:NAME, agent:NAME.
struct SlotKey {
    std::string key;
    int slots = 1;
};

struct Candidate {
    std::int64_t task_id = 0;
    std::optional<std::int64_t> schedule_id; // nullopt: by hand, or a step
    OverlapTask task;
    OverlapPolicy policy;
    std::vector<SlotKey> limits;
    // Another task ran into a limit of the agent's provider, which ends then.
    std::optional<base::Instant> walled_until;
    std::string agent;
    // Of a due time that came by itself and has not started yet: what catch-up says of it.
    struct DueTime {
        base::Instant at{};
        CatchUp catch_up = CatchUp::latest;
        base::Seconds window{86400};
    };
    std::optional<DueTime> due;
};

struct SlotUse {
    int used = 0;
    std::optional<base::Instant> first_held; // the earliest turn that waits under the key
};

struct Facts {
    base::Instant now{};
    // Since when a worker has been there without a break; nullopt: unknown.
    std::optional<base::Instant> served_since;
    std::map<std::int64_t, std::vector<Unfinished>> unfinished; // by schedule
    std::map<std::string, SlotUse> slots;                       // by SlotKey::key
    std::set<std::string> locked; // keys that a rival works on: their tasks are left alone
};

struct Start {};
struct Leave {}; // looked at again soon
struct Hold {    // until the key has room, or until an instant
    std::string key;
    int slots = 1;
    std::string waited_for;
    std::optional<std::int64_t> because_of;
    std::optional<base::Instant> until{};
};
struct Drop {           // never to start
    std::string status; // skipped | cancelled
    std::string reason;
    std::string message;
    std::optional<std::int64_t> because_of;
};
using Admission = std::variant<Start, Leave, Hold, Drop>;

// A running task that has to make room for a newer one.
struct Cancel {
    std::int64_t task_id = 0;
    std::int64_t by = 0;
};

struct Admissions {
    std::vector<Admission> of; // one for each candidate
    std::vector<Cancel> cancels;
};

// The candidates in the order of their turns: what one gets, the next ones no longer have.
Admissions admit(const std::vector<Candidate>& candidates, Facts facts);

// "schedule:42", the key under which tasks wait for an earlier one of their schedule.
std::string schedule_key(std::int64_t schedule_id);
// "limit:claude", under which they wait for the end of a limit of the agent's provider.
std::string limit_key(std::string_view agent);

} // namespace agentcron::schedule
