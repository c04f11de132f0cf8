// A blocking session for the command line: named statements in, text tables out.
#pragma once

#include "db/connection.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::db {

// PostgreSQL refused a statement. sqlstate AC001: no such thing; AC002: in no state for it; AC003:
// somebody was first (migrations/0002_functions.sql).
struct Refused : std::runtime_error {
    Refused(std::string state, const std::string& message, std::string hint_text)
        : std::runtime_error(message), sqlstate(std::move(state)), hint(std::move(hint_text)) {}
    std::string sqlstate;
    std::string hint; // "" = none
};

struct Table {
    enum class Type { text, number, boolean, json, bytes };
    struct Column {
        std::string name;
        Type type = Type::text;
    };
    std::vector<Column> columns;
    std::vector<std::vector<std::optional<std::string>>> rows; // bytes are decoded
};

class Client {
public:
    // Throws Unreachable; SchemaError unless the schema is the one of this binary.
    explicit Client(const std::string& conninfo);

    // Runs a statement of db/sql in a transaction of its own. Throws Refused or Unreachable.
    Table query(std::string_view statement, const Params& params = {});
    // Calls `on_hint(payload)` for notifications on `channel` until it returns false, or until
    // `timeout_ms` passed without one (-1: never). LISTEN stands before the first look of the
    // caller: `listening` is called once it does.
    void wait(const std::string& channel, int timeout_ms, const std::function<void()>& listening,
              const std::function<bool(const std::string&)>& on_hint);

private:
    Connection connection_;
};

} // namespace agentcron::db
