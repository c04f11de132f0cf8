#include "db/connection.hpp"

#include "base/text.hpp"
#include "db/statements.hpp"

#include <array>
#include <algorithm>
#include <libpq-fe.h>
#include <map>
#include <memory>

namespace agentcron::db {
namespace {

// No jit: a plan that our statements rule out in part (claim_begins) counts as dear, and compiling
// it took seconds.
constexpr const char* session_settings = "set timezone = 'UTC'; set statement_timeout = '60s'; "
                                         "set idle_in_transaction_session_timeout = '60s'; "
                                         "set client_min_messages = warning; set jit = off";

pqxx::connection open(const std::string& conninfo) {
    try {
        return pqxx::connection(conninfo);
    } catch (const pqxx::broken_connection& error) {
        throw Unreachable(std::string(base::trim(error.what())));
    }
}

} // namespace

std::string conninfo_value(std::string_view value) {
    std::string out = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + "'";
}

std::string complete_conninfo(const std::string& given) {
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(given.c_str(), &message), &PQconninfoFree);
    if (!options) {
        const std::unique_ptr<char, decltype(&PQfreemem)> owned(message, &PQfreemem);
        throw std::invalid_argument("not a connection string: " +
                                    std::string(base::trim(message ? message : given)));
    }
    std::map<std::string, std::string> values{
        {"connect_timeout", "5"},   {"tcp_user_timeout", "30000"},
        {"keepalives_idle", "15"},  {"keepalives_interval", "5"},
        {"keepalives_count", "3"},  {"application_name", "agentcron"},
        {"client_encoding", "UTF8"}};
    for (const auto* option = options.get(); option->keyword; ++option) {
        if (!option->val) continue;
        values[option->keyword] = option->val;
        // A standby would take every session, and refuse every write.
        const bool has_several = std::string_view(option->val).find(',') != std::string_view::npos;
        if (has_several && std::string_view(option->keyword).starts_with("host"))
            values.try_emplace("target_session_attrs", "read-write");
    }
    std::string out;
    for (const auto& [key, value] : values) out += key + "=" + conninfo_value(value) + " ";
    return out;
}

Connection::Connection(const std::string& conninfo) : connection_(open(conninfo)) {
    try {
#if PQXX_VERSION_MAJOR < 7
        // libpqxx 6 would open a new session silently, without our settings and our locks.
        connection_.inhibit_reactivation(true);
#endif
        pqxx::nontransaction(connection_).exec(session_settings);
    } catch (const pqxx::broken_connection& error) {
        throw Unreachable(std::string(base::trim(error.what())));
    }
}

const std::string& Connection::prepare(std::string_view name, int limit) {
    std::string key(name);
    if (limit > 0) key += ":" + std::to_string(limit);
    const auto found = prepared_.find(key);
    if (found != prepared_.end()) return *found;
    std::string text(statement(name));
    if (const auto at = text.find("{limit}"); at != std::string::npos)
        text.replace(at, 7, std::to_string(limit));
    connection_.prepare(key, text);
    return *prepared_.insert(std::move(key)).first;
}

pqxx::result Connection::run(pqxx::transaction_base& tx, std::string_view name,
                             const Params& params, int limit) {
    return tx.exec_prepared(prepare(name, limit),
                            pqxx::prepare::make_dynamic_params(params.values()));
}

bool is_connection_lost(const std::exception& error, pqxx::connection& connection) {
    if (dynamic_cast<const Unreachable*>(&error)) return true;
    if (dynamic_cast<const pqxx::broken_connection*>(&error)) return true;
    if (dynamic_cast<const pqxx::in_doubt_error*>(&error)) return true;
    if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&error)) {
        const std::string& state = sql->sqlstate();
        // A message of ours that it could not take: another session would not either.
        if (state == "08P01") return false;
        // The last two: the server ends a session that stood still in a transaction, as one does
        // whose daemon was stopped.
        if (state.starts_with("57P0") || state.starts_with("08") || state == "25006" ||
            state == "25P03" || state == "25P04")
            return true;
    }
    return !connection.is_open();
}

bool is_passing(const std::exception& error) {
    // libpqxx 6 derives this one, for deadlocks and serialisation failures, not from sql_error.
    if (dynamic_cast<const pqxx::transaction_rollback*>(&error)) return true;
    const auto* sql = dynamic_cast<const pqxx::sql_error*>(&error);
    if (!sql) return false;
    // Rolled back by a rival, out of a resource, lock or statement timeout, the server's own I/O.
    const std::string& state = sql->sqlstate();
    return state.starts_with("40") || state.starts_with("53") || state.starts_with("58") ||
           state == "55P03" || state == "57014";
}

bool is_down_for_all(std::string_view words) {
    constexpr std::array<std::string_view, 7> down{"Connection refused",
                                                   "the database system is starting up",
                                                   "the database system is shutting down",
                                                   "the database system is not yet accepting",
                                                   "is not currently accepting connections",
                                                   "session is read-only",
                                                   "server is in hot standby mode"};
    bool is_down = false;
    while (!words.empty()) {
        const auto line = words.substr(0, words.find('\n'));
        words.remove_prefix(std::min(words.size(), line.size() + 1));
        if (line.find("failed: ") == std::string_view::npos) continue; // the rest of a line before
        const auto says = [&](auto phrase) { return line.find(phrase) != std::string_view::npos; };
        if (std::none_of(down.begin(), down.end(), says)) return false;
        is_down = true;
    }
    return is_down;
}

} // namespace agentcron::db
