// One PostgreSQL session: opened with our settings, runs the statements of db/sql prepared. Never
// reconnects by itself: a broken one is thrown away by its owner. One thread at a time.
#pragma once

#include "db/values.hpp"

#include <pqxx/pqxx>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace agentcron::db {

// The server cannot be reached or ended the session. Caught where a connection is owned: retried by
// the daemon, exit code 3 on the command line.
struct Unreachable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What the user gave, completed: connect_timeout, tcp_user_timeout, keepalives and
// application_name where they are not set. Throws std::invalid_argument on a malformed string.
std::string complete_conninfo(const std::string& given);

// A value of a connection string: 'it\'s'.
std::string conninfo_value(std::string_view value);

class Connection {
public:
    // Throws Unreachable with libpq's message and what to check.
    explicit Connection(const std::string& conninfo);

    pqxx::connection& raw() { return connection_; }
    // Runs the statement of that name; `limit` replaces {limit} in its text.
    pqxx::result run(pqxx::transaction_base& tx, std::string_view name, const Params& params,
                     int limit = 0);
    // The prepared name of a statement, for the callers that need binary parameters.
    const std::string& prepare(std::string_view name, int limit = 0);

private:
    pqxx::connection connection_;
    std::set<std::string, std::less<>> prepared_;
};

// Did the session end, whatever the exception says? libpqxx reports a lost connection in several
// ways, and a server that shuts down or turned into a standby by SQLSTATE.
bool is_connection_lost(const std::exception& error, pqxx::connection& connection);

// Will the same statement be taken later? A full disk, a deadlock, a lock that somebody held for
// longer than our statement_timeout: nothing is wrong with what was sent.
bool is_passing(const std::exception& error);

// Do libpq's words for a connection that failed say, of each host, that nobody can write there now:
// refused by a server that starts, stops or stands by, or because there is none? A timeout does
// not: another machine may reach the server meanwhile.
bool is_down_for_all(std::string_view words);

// Runs fn(transaction) and commits.
template <class Fn>
auto in_transaction(Connection& connection, Fn fn) {
    pqxx::work tx(connection.raw());
    if constexpr (std::is_void_v<decltype(fn(tx))>) {
        fn(tx);
        tx.commit();
    } else {
        auto result = fn(tx);
        tx.commit();
        return result;
    }
}

} // namespace agentcron::db
