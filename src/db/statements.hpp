// The statements of db/sql/*.sql by the name that stands after "-- name:".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agentcron::db {

// Aborts on a name that no file has: a bug, found by the first test that runs the caller.
std::string_view statement(std::string_view name);
std::vector<std::string> statement_names();

} // namespace agentcron::db
