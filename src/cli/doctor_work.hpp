// What doctor makes of agentcron's own tables: who works, and what does not go on. Pure: each judge
// gets the rows of the statement of its name (db/sql/doctor_work.sql) and gives one finding at
// least.
#pragma once

#include "cli/doctor_facts.hpp"

#include <string_view>

namespace agentcron::cli {

// `version`: of this binary.
Findings judge_workers(const db::Table& workers, std::string_view version);
Findings judge_schedulers(const db::Table& schedulers, std::string_view version);
Findings judge_leases(const db::Table& leases);
Findings judge_queue(const db::Table& queue);
// Give nothing where there is nothing to say.
Findings judge_machines(const db::Table& machines);
Findings judge_places(const db::Table& places);
Findings judge_blocked(const db::Table& blocked);
Findings judge_schedules(const db::Table& schedules);
Findings judge_alarms(const db::Table& alarms);
Findings judge_outbox(const db::Table& outbox);

} // namespace agentcron::cli
