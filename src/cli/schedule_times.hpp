// When a schedule of the database fires, from its row: for commands that compute fire times
// themselves, exactly and as far as they like.
#pragma once

#include "cron/zone_cache.hpp"
#include "db/client.hpp"
#include "schedule/fire_rule.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace agentcron::cli {

struct ScheduleTimes {
    std::string name;
    std::string agent;
    std::string cron;
    std::string timezone;
    schedule::FireRule rule; // anchored at the schedule's creation
    base::Instant created_at{};
    base::Instant now{}; // the database's clock
    // The first fire time without a task; nullopt: none, or no scheduler has read it yet.
    std::optional<base::Instant> next_fire_at;
    bool is_planned = false;
    std::optional<std::int64_t> runs_left; // of max_runs
};

// Of a row of cli_schedule_times; the error says what is wrong with the declaration.
base::Result<ScheduleTimes, std::string> schedule_times(const db::Table& rows, std::size_t row,
                                                        cron::ZoneCache& zones);

// Where the fire times to come begin: those after this instant have no task yet and are not over.
// nullopt: there are none.
std::optional<base::Instant> coming_after(const ScheduleTimes& times);

} // namespace agentcron::cli
