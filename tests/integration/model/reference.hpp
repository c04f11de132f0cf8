// What the model expects of a schedule: its own simple rules, written without the product's code.
// A schedule's expression is a period and a phase within the local day, in a zone whose offset
// never changes, so fire times are found by trying minute after minute.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace agentcron::model {

using Second = std::int64_t; // since 1970, UTC

inline constexpr Second minute = 60;
inline constexpr Second hour = 60 * minute;
inline constexpr Second day = 24 * hour;

struct Rules {
    std::string name;
    int every_minutes = 1; // 1, 5, 15, 60 or 180
    int phase = 0;         // of the hourly one
    bool india = false;    // the zone: Asia/Kolkata, which is 5 h 30 min ahead, else UTC
    std::string overlap = "skip";
    std::string while_waiting = "skip";
    std::string catch_up = "latest";
    int queue_max = 100;
    Second window = day;
    int catch_up_max = 100;
    Second jitter = 0;
    std::optional<int> max_runs;
    std::optional<Second> excluded_day; // local days since 1970
    std::optional<Second> ends_at;
    std::string agent;
    std::string group; // "" = none
    int priority = 100;
    int attempts = 1;

    std::string cron() const;
};

bool fires_at(const Rules& rules, Second at);
std::vector<Second> fires_between(const Rules& rules, Second from, Second to); // both included
std::optional<Second> first_fire_after(const Rules& rules, Second at);

// A row that a tick has to make.
struct Owed {
    Second fire = 0;
    std::vector<Second> covers; // every due time that it stands for, its own included
    bool missed = false;
    bool late = false;
};
struct Debt {
    std::vector<Owed> rows;        // oldest first
    std::vector<Second> after_end; // due times that max_runs took the right from
};
// `due` in order; `budget`: how many may still run.
Debt owed(const Rules& rules, const std::vector<Second>& due, Second now,
          std::optional<std::int64_t> budget);

// A task of the schedule that has not ended, as the table of tasks tells it.
struct Open {
    std::int64_t id = 0;
    std::string status;
    bool lost = false; // its lease ran out
};
// "queued", or the reason for which a new due time is skipped.
std::string fate_at_entry(const Rules& rules, const Owed& row, const std::vector<Open>& open);

} // namespace agentcron::model
