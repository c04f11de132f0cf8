#include "engine/attempt_record.hpp"

#include "base/timestamps.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::engine {
namespace {

namespace json = boost::json;

json::value time_or_null(const std::optional<base::Instant>& at) {
    return at ? json::value(base::to_rfc3339(*at)) : json::value(nullptr);
}

std::optional<base::Instant> time_from(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (!value || !value->is_string()) return std::nullopt;
    const auto at = base::from_rfc3339(std::string_view(value->get_string()));
    return at ? std::optional(*at) : std::nullopt;
}

json::object amounts(const task::Amounts& amounts) {
    return {{"cost_usd", amounts.cost_usd}, {"turns", amounts.turns}, {"tokens", amounts.tokens}};
}

json::value answers(const std::vector<task::Claimed::Answered>& answers) {
    json::array all;
    for (const auto& one : answers)
        all.push_back({{"native_id", one.native_id},
                       {"question", one.question},
                       {"answer", one.answer},
                       {"expired", one.expired},
                       {"request", one.request}});
    return all;
}

json::value accounts(const std::vector<task::Account>& accounts) {
    json::array all;
    for (const auto& one : accounts)
        all.push_back({{"of", one.of},
                       {"budget", task::to_object(one.budget)},
                       {"spent", amounts(one.spent)}});
    return all;
}

json::object claimed_object(const task::Claimed& claimed) {
    json::object object{{"task_id", claimed.lease.task_id},
                        {"run_no", claimed.lease.run_no},
                        {"token", claimed.lease.token},
                        {"output_day", claimed.lease.output_day},
                        {"attempt", claimed.attempt},
                        {"schedule", claimed.schedule},
                        {"fire_time", time_or_null(claimed.fire_time)},
                        {"run_at", base::to_rfc3339(claimed.run_at)},
                        {"agent", claimed.agent},
                        {"agent_config", claimed.agent_config},
                        {"spec", claimed.spec},
                        {"session_id", claimed.session_id},
                        {"goes_on", claimed.goes_on},
                        {"continues", claimed.continues},
                        {"lost_session", claimed.lost_session},
                        {"was_limited", claimed.was_limited},
                        {"limit_waits", claimed.limit_waits},
                        {"spent", amounts(claimed.spent)},
                        {"shared_accounts", accounts(claimed.shared_accounts)},
                        {"last_success_at", time_or_null(claimed.last_success_at)},
                        {"answers", answers(claimed.answers)},
                        {"inputs", claimed.inputs},
                        {"keys", json::value_from(claimed.keys)},
                        {"watched", claimed.watched}};
    if (claimed.driver) object["driver"] = *claimed.driver;
    if (claimed.total_left) object["total_left_ms"] = claimed.total_left->count();
    return object;
}

json::object prepared_object(const Prepared& prepared) {
    json::object object{{"working_directory", prepared.working_directory.string()},
                        {"context", prepared.context},
                        {"output_end", prepared.output_end}};
    json::array variables;
    for (const auto& [name, value] : prepared.variables) variables.push_back({name, value});
    object["variables"] = std::move(variables);
    json::object values;
    for (const auto& [name, value] : prepared.values.context) values[name] = value;
    object["values"] = std::move(values);
    if (prepared.workspace) {
        object["workspace"] = json::object{{"id", prepared.workspace->id},
                                           {"path", prepared.workspace->path},
                                           {"branch", prepared.workspace->branch}};
    }
    return object;
}

// A member that must be there is looked for with at(): its absence is an error of the text.
std::string text_at(const json::object& object, std::string_view key) {
    return json::value_to<std::string>(object.at(key));
}

task::Amounts amounts_from(const json::object& object) {
    return {object.at("cost_usd").to_number<double>(), object.at("turns").to_number<std::int64_t>(),
            object.at("tokens").to_number<std::int64_t>()};
}

task::Claimed claimed_from(const json::object& object) {
    task::Claimed claimed;
    claimed.lease = {object.at("task_id").to_number<std::int64_t>(),
                     object.at("run_no").to_number<int>(), text_at(object, "token"),
                     text_at(object, "output_day")};
    claimed.attempt = object.at("attempt").to_number<int>();
    claimed.schedule = text_at(object, "schedule");
    claimed.fire_time = time_from(object, "fire_time");
    if (const auto run_at = time_from(object, "run_at")) claimed.run_at = *run_at;
    claimed.agent = text_at(object, "agent");
    if (object.contains("driver")) claimed.driver = text_at(object, "driver");
    claimed.agent_config = text_at(object, "agent_config");
    claimed.spec = text_at(object, "spec");
    claimed.session_id = text_at(object, "session_id");
    claimed.goes_on = object.at("goes_on").as_bool();
    claimed.continues = object.at("continues").to_number<std::int64_t>();
    claimed.lost_session = text_at(object, "lost_session");
    claimed.was_limited = object.at("was_limited").as_bool();
    claimed.limit_waits = object.at("limit_waits").to_number<int>();
    claimed.spent = amounts_from(object.at("spent").as_object());
    for (const auto& value : object.at("shared_accounts").as_array()) {
        const auto& one = value.as_object();
        const auto budget = task::budget_from(one.at("budget").as_object());
        if (!budget) throw std::invalid_argument(budget.error());
        claimed.shared_accounts.push_back(
            {text_at(one, "of"), *budget, amounts_from(one.at("spent").as_object())});
    }
    claimed.last_success_at = time_from(object, "last_success_at");
    for (const auto& value : object.at("answers").as_array()) {
        const auto& one = value.as_object();
        claimed.answers.push_back({text_at(one, "native_id"), text_at(one, "question"),
                                   text_at(one, "answer"), one.at("expired").as_bool(),
                                   text_at(one, "request")});
    }
    claimed.inputs = text_at(object, "inputs");
    claimed.keys = json::value_to<std::vector<std::string>>(object.at("keys"));
    claimed.watched = object.at("watched").as_bool();
    if (object.contains("total_left_ms"))
        claimed.total_left = base::Millis(object.at("total_left_ms").to_number<std::int64_t>());
    return claimed;
}

Prepared prepared_from(const json::object& object) {
    Prepared prepared{.working_directory = text_at(object, "working_directory")};
    for (const auto& value : object.at("variables").as_array())
        prepared.variables.emplace_back(json::value_to<std::string>(value.as_array().at(0)),
                                        json::value_to<std::string>(value.as_array().at(1)));
    for (const auto& [name, value] : object.at("values").as_object())
        prepared.values.context.emplace(name, json::value_to<std::string>(value));
    prepared.context = text_at(object, "context");
    prepared.output_end = object.at("output_end").to_number<std::uint64_t>();
    if (const auto* workspace = object.if_contains("workspace")) {
        const auto& one = workspace->as_object();
        prepared.workspace.emplace();
        prepared.workspace->id = one.at("id").to_number<std::int64_t>();
        prepared.workspace->path = text_at(one, "path");
        prepared.workspace->branch = text_at(one, "branch");
    }
    return prepared;
}

} // namespace

std::string to_text(const AttemptRecord& record) {
    json::object object{{"version", AttemptRecord::version},
                        {"begun_ms", record.begun.count()},
                        {"started_ahead", record.started_ahead},
                        {"claimed", claimed_object(record.claimed)},
                        {"prepared", prepared_object(record.prepared)}};
    if (const auto& standing = record.standing)
        object["standing"] = {{"directory", standing->directory},
                              {"from", standing->from},
                              {"was_ready", standing->was_ready}};
    return json::serialize(object);
}

base::Result<AttemptRecord, std::string> attempt_record_from(std::string_view text) try {
    json::parse_options options;
    options.max_depth = 64;
    const auto value = json::parse(text, {}, options);
    const auto& object = value.as_object();
    const auto version = object.at("version").to_number<int>();
    if (version > AttemptRecord::version)
        return fmt::format("it is of a newer agentcron (format {})", version);
    AttemptRecord record;
    record.claimed = claimed_from(object.at("claimed").as_object());
    record.prepared = prepared_from(object.at("prepared").as_object());
    record.begun = base::Millis(object.at("begun_ms").to_number<std::int64_t>());
    record.started_ahead = object.at("started_ahead").as_bool();
    if (const auto* standing = object.if_contains("standing")) {
        const auto& one = standing->as_object();
        record.standing = {text_at(one, "directory"), one.at("from").to_number<std::uint64_t>(),
                           one.at("was_ready").as_bool()};
    }
    return record;
} catch (const std::exception& error) {
    return std::string(error.what());
}

} // namespace agentcron::engine
