// What the schema consists of: as the migrations of this binary make it (schema_manifest.txt, which
// is compiled in), and as a database has it. The comparison is pure.
//
// The manifest is made from a database that was migrated from nothing; a test makes it again and
// fails if the file differs, so a new migration comes with its lines.
#pragma once

#include "db/connection.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace agentcron::db {

struct SchemaObject {
    std::string kind; // "table", "column", "constraint", "index", "trigger", "function", ...
    std::string name; // "leases", "leases.token", "cancel(task_id bigint)", ...
    std::string definition{};
    friend bool operator==(const SchemaObject&, const SchemaObject&) = default;
};

struct Manifest {
    int major = 0; // of the PostgreSQL that wrote the definitions
    std::vector<SchemaObject> objects{};
};

// One object per line, "kind name: definition", below a line that names the server.
std::string manifest_text(const Manifest& manifest);
Manifest manifest_from(std::string_view text);

Manifest expected_schema();
Manifest read_schema(Connection& connection);

struct Drift {
    enum class Kind { missing, changed, unexpected };
    Kind kind = Kind::changed;
    SchemaObject object;  // as expected; of an unexpected one as it is
    std::string actual{}; // of a changed one: its definition
};

// In the order of kinds and names. What belongs to a table that is missing or unexpected goes
// without saying. Bodies of views are compared only between servers of the same major version,
// whose texts are alike.
std::vector<Drift> compare(const Manifest& expected, const Manifest& actual);

} // namespace agentcron::db
