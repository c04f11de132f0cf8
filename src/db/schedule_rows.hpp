// What the scheduler's statements read and write, and the pure decisions between them.
#pragma once

#include "cron/zone_cache.hpp"
#include "db/forecasts.hpp"
#include "db/values.hpp"
#include "schedule/replan.hpp"
#include "schedule/schedule.hpp"

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
    std::optional<ForecastOf> forecast;
};
Planned plan_row(const pqxx::row& row, cron::ZoneCache& zones);

// The cursor of a schedule whose zone got new rules.
Planned replan_row(const pqxx::row& row, cron::ZoneCache& zones);
std::string version_text(const cron::TimeZone& zone); // schedules.zone_version

} // namespace agentcron::db
