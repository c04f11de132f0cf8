// What due schedules owe, as the rows that are written for it.
#pragma once

#include "db/schedule_rows.hpp"
#include "schedule/admission.hpp"

#include <functional>

namespace agentcron::db {

// The columns of `materialise`.
struct DueRow {
    std::optional<std::int64_t> task_id; // drawn before where another row may name it
    std::int64_t schedule_id = 0;
    base::Instant fire_time{};
    int fires_covered = 1;
    std::optional<base::Instant> covers_from;
    base::Instant run_at{};
    std::string trigger = "schedule";
    std::string status = "queued";
    std::string reason;
    std::optional<std::string> message;
    std::optional<std::int64_t> because_of;
};
Params materialise_params(const std::vector<DueRow>& rows, base::Instant now);

struct DueResult {
    Planned cursor;
    std::vector<DueRow> rows;
};
// Ids for so many new tasks.
using NewIds = std::function<std::vector<std::int64_t>(std::size_t)>;
// `row` of due_schedules: its times meet the clock, its overlap policy the unfinished tasks.
// `facts` holds those of all due schedules, and gets what is queued here.
DueResult due_row(const pqxx::row& row, schedule::Facts& facts, cron::ZoneCache& zones,
                  const NewIds& new_ids);

} // namespace agentcron::db
