// What doctor makes of the tables as PostgreSQL stores them: partitions, dead rows, and who keeps
// those from being removed. Pure: each judge gets the rows of the statement of its name
// (db/sql/doctor_server.sql) and gives one finding at least.
#pragma once

#include "cli/doctor_facts.hpp"

namespace agentcron::cli {

Findings judge_partitions(const db::Table& partitions);
Findings judge_vacuum(const db::Table& tables);
Findings judge_horizon(const db::Table& holders);
Findings judge_limits(const db::Table& limits);

} // namespace agentcron::cli
