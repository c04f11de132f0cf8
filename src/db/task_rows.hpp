// Rows of the task statements as values of task/.
#pragma once

#include "db/values.hpp"
#include "task/task_store.hpp"

namespace agentcron::db {

task::Claimed claimed_from(const pqxx::row& row);
// One row per answer or message; rows of one task follow each other.
std::vector<task::Adopted> adopted_from(const pqxx::result& rows);
std::vector<task::Signal> signals_from(const pqxx::result& rows);
std::vector<task::ComingStart> coming_from(const pqxx::result& rows);
Params block_params(const task::Lease& lease, const task::Finish& finish);
Params finish_params(const task::Lease& lease, const task::Finish& finish);

} // namespace agentcron::db
