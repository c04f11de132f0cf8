// What YAML declares becomes rows of agents and schedules.
#pragma once

#include "agent/profile.hpp"
#include "db/connection.hpp"
#include "schedule/schedule.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace agentcron::db {

struct Applied {
    std::vector<std::string> inserted;
    std::vector<std::string> changed;
    std::vector<std::string> disabled; // left the files of this origin; their history stays
    std::vector<std::string> taken;    // not written: a row with source = sql has the name
};

// Rows that are as declared are not touched, so their cursors stand; rows with
// source = sql never are. `origin` names host and directory of the files: only schedules of the
// same origin count as having left.
Applied apply_declarations(Connection& connection, pqxx::transaction_base& tx,
                           const std::vector<agent::Profile>& agents,
                           const std::vector<schedule::Schedule>& schedules,
                           const std::string& origin);
// The same in a transaction of its own.
Applied apply_declarations(Connection& connection, const std::vector<agent::Profile>& agents,
                           const std::vector<schedule::Schedule>& schedules,
                           const std::string& origin);
// "host:directory" of the files: who declared a row.
std::string origin_of(const std::filesystem::path& config);

} // namespace agentcron::db
