#include "db/declarations.hpp"

#include "base/timestamps.hpp"
#include "db/policies_json.hpp"

#include <boost/json.hpp>
#include <unistd.h>

namespace agentcron::db {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

json::value instant_or_null(const std::optional<base::Instant>& instant) {
    return instant ? json::value(base::to_rfc3339(*instant)) : json::value(nullptr);
}

// Every declared column: what is absent would be null. PostgreSQL reads a number as an interval of
// so many seconds.
json::object row_of(const schedule::Schedule& s) {
    json::object row{{"name", s.name},
                     {"cron", s.cron},
                     {"timezone", s.timezone},
                     {"agent", s.agent},
                     {"prompt", s.prompt},
                     {"params", json::parse(s.params_json)},
                     {"enabled", s.enabled},
                     {"priority", s.priority},
                     {"overlap", schedule::name(s.overlap)},
                     {"queue_max", s.queue_max},
                     {"while_waiting", schedule::name(s.while_waiting)},
                     {"catch_up", schedule::name(s.catch_up)},
                     {"catch_up_window", s.catch_up_window.count()},
                     {"catch_up_max", s.catch_up_max},
                     {"jitter", s.jitter.count()},
                     {"starts_at", instant_or_null(s.starts_at)},
                     {"ends_at", instant_or_null(s.ends_at)},
                     {"max_runs", json::value_from(s.max_runs)},
                     {"exclude", json::value_from(s.exclude)},
                     {"concurrency_group", text_or_null(s.concurrency.group)},
                     {"concurrency_limit", s.concurrency.limit},
                     {"timeout", s.timeout.count()},
                     {"hold", s.hold.count()},
                     {"total_timeout", s.total_timeout.count()},
                     {"stall_timeout", s.stall_timeout.count()},
                     {"queue_timeout", s.queue_timeout.count()},
                     {"input_timeout", s.input_timeout.count()},
                     {"on_input_timeout", schedule::name(s.on_input_timeout)},
                     {"on_lost", schedule::name(s.on_lost)},
                     {"conversation", schedule::name(s.conversation)}};
    row["max_limit_waits"] = s.max_limit_waits;
    row["retry_attempts"] = s.retry.attempts;
    row["retry_backoff"] = s.retry.backoff.count();
    row["retry_max_backoff"] = s.retry.max_backoff.count();
    row["retry_jitter"] = s.retry.jitter;
    row["retry_on"] = json::value_from(s.retry.on);
    row["retry_never_on_exit"] = json::value_from(s.retry.never_on_exit);
    row["pause_after_failures"] = json::value_from(s.pause_after_failures);
    row["budget"] = to_json(s.budget, s.day_budget);
    row["context"] = to_json(s.context);
    row["success"] = to_json(s.success);
    row["notify"] = s.notify ? json::value(to_json(*s.notify)) : json::value(nullptr);
    row["heartbeat_url"] = text_or_null(s.heartbeat_url);
    row["steps"] = to_json(s.steps);
    row["after"] = json::value_from(s.after);
    return row;
}

void upsert_agents(Connection& connection, pqxx::transaction_base& tx,
                   const std::vector<agent::Profile>& agents, const std::string& origin) {
    std::vector<std::string> names, drivers, configs;
    std::vector<std::optional<std::string>> limits;
    for (const auto& profile : agents) {
        names.push_back(profile.name);
        drivers.push_back(profile.driver);
        configs.push_back(storable_json(agent::config_to_json(profile)));
        limits.emplace_back();
        if (profile.max_concurrent) limits.back() = std::to_string(*profile.max_concurrent);
    }
    connection.run(tx, "upsert_agents",
                   params(origin, array_text(names), array_text(drivers), array_text(configs),
                          array_text(limits)));
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
