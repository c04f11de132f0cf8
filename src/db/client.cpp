#include "db/client.hpp"

#include "base/check.hpp"
#include "base/text.hpp"
#include "base/timestamps.hpp"
#include "db/migrate.hpp"

#include <libpq-fe.h>

namespace agentcron::db {
namespace {

using Type = Table::Type;

// The numbers stand in PostgreSQL's pg_type.dat and never change.
Type type_of(pqxx::oid oid) {
    switch (oid) {
    case 16: return Type::boolean;
    case 20:   // bigint
    case 21:   // smallint
    case 23:   // integer
    case 26:   // oid
    case 700:  // real
    case 701:  // double precision
    case 1700: // numeric
        return Type::number;
    case 114:  // json
    case 3802: // jsonb
        return Type::json;
    case 17: return Type::bytes;
    case 1184: return Type::timestamp;
    }
    return Type::text;
}

std::optional<std::string> value_of(const pqxx::field& field, Type type) {
    if (field.is_null()) return std::nullopt;
    if (type == Type::bytes) return pqxx::binarystring(field).str();
    auto text = text_of(field);
    if (type != Type::timestamp) return text;
    // "infinity" and years beyond 9999 are no RFC 3339 and stay as they are.
    const auto instant = base::from_rfc3339(text + ":00");
    return instant ? base::to_rfc3339(*instant) : text;
}

Table table_from(const pqxx::result& result) {
    Table table;
    for (pqxx::row::size_type i = 0; i < result.columns(); ++i)
        table.columns.push_back({result.column_name(i), type_of(result.column_type(i))});
    for (const auto& row : result) {
        auto& fields = table.rows.emplace_back();
        for (std::size_t i = 0; i < table.columns.size(); ++i)
            fields.push_back(
                value_of(row[static_cast<pqxx::row::size_type>(i)], table.columns[i].type));
    }
    return table;
}

// The server's report has one part per line: "ERROR:  message", "HINT:  ...", "CONTEXT:  ...".
// Its words before the colon depend on the server's language, the two spaces do not.
Refused refused_from(const pqxx::sql_error& error) {
    std::string message, hint;
    bool first = true;
    for (std::string_view line : base::split(base::trim(error.what()), '\n')) {
        const auto colon = line.find(":  ");
        if (first) {
            message = colon == std::string_view::npos ? line : line.substr(colon + 3);
            first = false;
        } else if (line.starts_with("HINT:  ")) {
            hint = base::trim(line.substr(7));
        }
    }
    return {error.sqlstate(), message, hint};
}

struct OptionsFree {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

} // namespace

const std::optional<std::string>& Table::at(std::size_t row, std::string_view column) const {
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (columns[i].name == column) return rows.at(row)[i];
    base::check_failed(__FILE__, __LINE__, "column", "no column {}", column);
}

class Client::Ear final : public pqxx::notification_receiver {
public:
    Ear(pqxx::connection& connection, const std::string& channel, std::deque<std::string>& heard)
        : pqxx::notification_receiver(connection, channel), heard_(heard) {}
    void operator()(const std::string& payload, int) override { heard_.push_back(payload); }

private:
    std::deque<std::string>& heard_;
};

Client::Client(const std::string& conninfo, Schema schema) : connection_(conninfo) {
    if (schema == Schema::current) require_current_schema(connection_);
}

Client::~Client() = default;

Table Client::query(std::string_view statement, const Params& params) {
    try {
        return in_transaction(connection_, [&](pqxx::work& tx) {
            return table_from(connection_.run(tx, statement, params));
        });
    } catch (const pqxx::sql_error& error) {
        if (is_connection_lost(error, connection_.raw()))
            throw Unreachable(std::string(base::trim(error.what())));
        throw refused_from(error);
    } catch (const pqxx::transaction_rollback& error) {
        throw Refused("40000", std::string(base::trim(error.what())), "Try again.");
    } catch (const pqxx::failure& error) {
        throw Unreachable(std::string(base::trim(error.what())));
    }
}

void Client::listen(const std::string& channel) {
    ears_.push_back(std::make_unique<Ear>(connection_.raw(), channel, heard_));
}

int Client::descriptor() {
    return connection_.raw().sock();
}

std::vector<std::string> Client::notifications() {
    try {
        connection_.raw().get_notifs();
    } catch (const pqxx::failure& error) {
        throw Unreachable(std::string(base::trim(error.what())));
    }
    if (!connection_.raw().is_open()) throw Unreachable("the database ended the session");
    std::vector<std::string> payloads(heard_.begin(), heard_.end());
    heard_.clear();
    return payloads;
}

std::vector<std::string> libpq_environment(const std::string& conninfo) {
    const std::unique_ptr<PQconninfoOption, OptionsFree> options(
        PQconninfoParse(conninfo.c_str(), nullptr));
    AGENTCRON_CHECK(options, "a connection string that was completed does not parse");
    std::vector<std::string> environment;
    std::string session_options;
    for (const auto* option = options.get(); option->keyword; ++option) {
        if (!option->val || !option->envvar) continue;
        if (std::string_view(option->envvar) == "PGOPTIONS")
            session_options = std::string(option->val) + " ";
        else
            environment.push_back(std::string(option->envvar) + "=" + option->val);
    }
    environment.push_back("PGOPTIONS=" + session_options + "-c search_path=agentcron,public");
    return environment;
}

} // namespace agentcron::db
