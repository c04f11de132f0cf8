#include "chaos/client.hpp"

namespace agentcron::chaos {

Rows Client::rows(const std::string& sql) {
    const bool is_old = connection_ != nullptr;
    if (!is_old) connection_ = std::make_unique<pqxx::connection>(conninfo_);
    try {
        return run(sql);
    } catch (const pqxx::broken_connection&) {
        // Perhaps it ended long ago, and only now that is seen.
        connection_.reset();
        if (is_old) return rows(sql);
        throw;
    } catch (const std::exception&) {
        connection_.reset();
        throw;
    }
}

Rows Client::run(const std::string& sql) {
    pqxx::work tx(*connection_);
    Rows all;
    for (const auto& row : tx.exec(sql)) {
        auto& fields = all.emplace_back();
        for (const auto& field : row) fields.emplace_back(field.is_null() ? "" : field.c_str());
    }
    tx.commit();
    return all;
}

std::string Client::value(const std::string& sql) {
    const auto all = rows(sql);
    return all.empty() || all[0].empty() ? "" : all[0][0];
}

} // namespace agentcron::chaos
