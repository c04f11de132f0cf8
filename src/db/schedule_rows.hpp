// What the scheduler's statements read and write, and the pure decisions between them.
#pragma once

#include "cron/zone_cache.hpp"
#include "db/values.hpp"
#include "schedule/due.hpp"
#include "schedule/replan.hpp"
#include "schedule/schedule.hpp"

#include <map>

namespace agentcron::db {

// A declaration that was read, and the cursor it gets.
struct Planned {
    std::int64_t id = 0;
    std::int64_t rev = 0;
    std::string name;
    std::optional<base::Instant> next_fire_at;
    std::optional<std::string> error;
    std::optional<std::string> zone_version;
    std::optional<schedule::LastFire> last_fire; // nullopt: as it was
};
Planned plan_row(const pqxx::row& row, cron::ZoneCache& zones);

// The cursor of a schedule whose zone got new rules.
Planned replan_row(const pqxx::row& row, cron::ZoneCache& zones);
std::string version_text(const cron::TimeZone& zone); // schedules.zone_version

// An unfinished task of a schedule.
struct Busy {
    std::int64_t task_id = 0;
    bool waits = false; // for a person
};
using BusySchedules = std::map<std::int64_t, std::vector<Busy>>;
BusySchedules busy_from(const pqxx::result& rows);

// The columns of `materialise`.
struct DueRow {
    std::int64_t schedule_id = 0;
    base::Instant fire_time{};
    int fires_covered = 1;
    std::string status;
    std::string reason;
    std::optional<std::string> message;
};
struct DueResult {
    Planned cursor;
    std::vector<DueRow> rows;
};
// What a due schedule owes: its policy meets the clock and the unfinished tasks.
DueResult due_row(const pqxx::row& row, const BusySchedules& busy, cron::ZoneCache& zones);

} // namespace agentcron::db
