// A blocking session for the command line: named statements in, text tables out.
#pragma once

#include "db/connection.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::db {

// PostgreSQL refused a statement. sqlstate AC001: no such thing; AC002: in no state for it; AC003:
// somebody was first (migrations/0002_functions.sql). The command line tells them apart.
struct Refused : std::runtime_error {
    Refused(std::string state, const std::string& message, std::string hint_text)
        : std::runtime_error(message), sqlstate(std::move(state)), hint(std::move(hint_text)) {}
    std::string sqlstate;
    std::string hint; // "" = none
};

struct Table {
    enum class Type { text, number, boolean, json, bytes, timestamp };
    struct Column {
        std::string name;
        Type type = Type::text;
    };
    std::vector<Column> columns;
    // As PostgreSQL writes them, but bytes are decoded and timestamps are RFC 3339 in UTC.
    std::vector<std::vector<std::optional<std::string>>> rows;

    // The value in the column of that name, "" for null; the column must exist.
    const std::optional<std::string>& at(std::size_t row, std::string_view column) const;
};

class Client {
public:
    enum class Schema { current, any };
    // Throws Unreachable; SchemaError unless the schema is the one of this binary or any is asked.
    explicit Client(const std::string& conninfo, Schema schema = Schema::current);
    ~Client();

    // Runs a statement of db/sql in a transaction of its own. Throws Refused or Unreachable.
    Table query(std::string_view statement, const Params& params = {});

    // From now on notifications on the channel are collected.
    void listen(const std::string& channel);
    // Readable when notifications may have come.
    int descriptor();
    // The payloads that have come since the last call; does not wait. Throws Unreachable.
    std::vector<std::string> notifications();

    Connection& connection() { return connection_; } // for migrate() and apply_declarations()

private:
    class Ear;
    Connection connection_;
    std::deque<std::string> heard_;
    std::vector<std::unique_ptr<Ear>> ears_;
};

// "PGHOST=..." and so on: what makes psql, or any other libpq program, use this database with
// search_path agentcron. So no password ever stands in an argument list.
std::vector<std::string> libpq_environment(const std::string& conninfo);

} // namespace agentcron::db
