// A row of agentcron.schedules -> Schedule. The one reader of declared columns, for every statement
// of the scheduler.
#pragma once

#include "base/result.hpp"
#include "db/values.hpp"
#include "schedule/schedule.hpp"

#include <string>

namespace agentcron::db {

// What tells which times are due and what becomes of them: name, cron, timezone, overlap,
// while_waiting, catch_up, catch_up_window, catch_up_max, jitter, starts_at, ends_at, max_runs and
// exclude; durations in seconds, arrays as JSON.
schedule::Schedule times_of(const pqxx::row& row);

// All of it. The error is "column: what is wrong with the shape of its JSON".
base::Result<schedule::Schedule, std::string> declaration_of(const pqxx::row& row);

} // namespace agentcron::db
