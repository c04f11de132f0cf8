// Brings the schema to the version of this binary. Forward only.
#pragma once

#include "db/connection.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace agentcron::db {

// The schema and this binary do not fit: newer, changed, or a migration that failed. Caught by the
// command line, exit code 2.
struct SchemaError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Migration {
    int version = 0;
    std::string name;     // "tables"
    std::string checksum; // of the file's text, 16 hex digits
    std::string sql;
};

std::vector<Migration> known_migrations();

// Applies what is missing, each migration in a transaction of its own whose first write is its
// version row, under an advisory lock: of several starters one works, the others wait and find it
// done. Returns the versions it applied; `applied` is told as they go.
std::vector<int> migrate(Connection& connection,
                         const std::function<void(const Migration&)>& applied);

// Throws SchemaError unless the schema is exactly the one of this binary: for commands that do not
// migrate.
void require_current_schema(Connection& connection);

} // namespace agentcron::db
