#include "db/declarations.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <unistd.h>

namespace agentcron::db {
namespace {

boost::json::object row_of(const schedule::Schedule& s) {
    return {{"name", s.name},
            {"cron", s.cron},
            {"timezone", s.timezone},
            {"agent", s.agent},
            {"prompt", s.prompt},
            {"params", boost::json::parse(s.params_json)},
            {"enabled", s.enabled},
            {"priority", s.priority},
            {"overlap", schedule::name(s.overlap)},
            {"while_waiting", schedule::name(s.while_waiting)},
            {"catch_up", schedule::name(s.catch_up)},
            {"catch_up_window", s.catch_up_window.count()},
            {"catch_up_max", s.catch_up_max},
            {"timeout", s.timeout.count()},
            {"hold", s.hold.count()},
            {"retry_attempts", s.retry_attempts},
            {"retry_backoff", s.retry_backoff.count()},
            {"retry_max_backoff", s.retry_max_backoff.count()}};
}

void upsert_agents(Connection& connection, pqxx::transaction_base& tx,
                   const std::vector<agent::Profile>& agents, const std::string& origin) {
    std::vector<std::string> names, drivers, configs;
    for (const auto& profile : agents) {
        names.push_back(profile.name);
        drivers.push_back(profile.driver);
        configs.push_back(storable_json(agent::config_to_json(profile)));
    }
    connection.run(tx, "upsert_agents",
                   params(origin, array_text(names), array_text(drivers), array_text(configs)));
}

} // namespace

Applied apply_declarations(Connection& connection, pqxx::transaction_base& tx,
                           const std::vector<agent::Profile>& agents,
                           const std::vector<schedule::Schedule>& schedules,
                           const std::string& origin) {
    boost::json::array rows;
    std::vector<std::string> names, agent_names;
    for (const auto& schedule : schedules) {
        rows.push_back(row_of(schedule));
        names.push_back(schedule.name);
    }
    for (const auto& profile : agents) agent_names.push_back(profile.name);
    Applied applied;
    for (const auto& row :
         connection.run(tx, "taken_names", params(array_text(names), array_text(agent_names))))
        applied.taken.push_back(text_of(row[0]));
    upsert_agents(connection, tx, agents, origin);
    for (const auto& row : connection.run(
             tx, "upsert_schedules", params(origin, storable_json(boost::json::serialize(rows))))) {
        auto& list = boolean_of(row["inserted"]) ? applied.inserted : applied.changed;
        list.push_back(text_of(row["name"]));
    }
    for (const auto& row :
         connection.run(tx, "disable_schedules_that_left", params(origin, array_text(names))))
        applied.disabled.push_back(text_of(row[0]));
    return applied;
}

Applied apply_declarations(Connection& connection, const std::vector<agent::Profile>& agents,
                           const std::vector<schedule::Schedule>& schedules,
                           const std::string& origin) {
    return in_transaction(connection, [&](pqxx::work& tx) {
        return apply_declarations(connection, tx, agents, schedules, origin);
    });
}

std::string origin_of(const std::filesystem::path& config) {
    char host[256] = "localhost";
    ::gethostname(host, sizeof host - 1);
    std::error_code ignored;
    const auto path = std::filesystem::weakly_canonical(config, ignored);
    return std::string(host) + ":" + (path.empty() ? config : path).string();
}

} // namespace agentcron::db
