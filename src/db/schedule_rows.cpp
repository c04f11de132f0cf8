#include "db/schedule_rows.hpp"

#include "base/check.hpp"
#include "db/declared_row.hpp"
#include "schedule/due.hpp"
#include "schedule/validate.hpp"
#include "task/prompt.hpp"

#include <boost/json/parse.hpp>

namespace agentcron::db {
namespace {

std::optional<boost::json::object> object_of(const std::string& text) {
    boost::system::error_code error;
    boost::json::parse_options options;
    options.max_depth = 256; // params are the user's
    const auto value = boost::json::parse(text, error, {}, options);
    if (error || !value.is_object()) return std::nullopt;
    return value.get_object();
}

// Of a schedule or a step.
std::optional<std::string> template_error(const schedule::Execution& execution,
                                          const boost::json::object& params) {
    const auto errors = task::check_prompt(execution.prompt, params, nullptr, execution.context);
    if (!errors.empty()) return "prompt: " + errors.front().message;
    for (const auto& [name, query] : execution.context) {
        const auto query_errors = task::check_query(query, params);
        if (!query_errors.empty())
            return fmt::format("context: {}: {}", name, query_errors.front().message);
    }
    return std::nullopt;
}

std::optional<std::string> prompt_error(const schedule::Schedule& schedule) {
    const auto params = object_of(schedule.params_json);
    if (!params) return "params: not a JSON object that can be read";
    if (auto error = template_error(schedule, *params)) return error;
    for (const auto& step : schedule.steps) {
        auto known = *params; // a step's own parameters are laid over them
        const auto own = object_of(step.params_json);
        if (own)
            for (const auto& member : *own) known[member.key()] = member.value();
        if (const auto error = template_error(step, known))
            return fmt::format("steps: step '{}': {}", step.name, *error);
    }
    return std::nullopt;
}

} // namespace

Planned plan_row(const pqxx::row& row, cron::ZoneCache& zones) {
    Planned planned;
    planned.id = integer_of(row["id"]);
    planned.rev = integer_of(row["rev"]);
    planned.name = text_of(row["name"]);
    const auto schedule = declaration_of(row);
    if (!schedule) {
        planned.error = schedule.error();
        return planned;
    }
    auto rule = schedule::validate(*schedule, zones);
    if (rule) rule->anchor(instant_of(row["created_at"]));
    if (!rule)
        planned.error = rule.error();
    else if (!row["unknown_agent"].is_null())
        planned.error =
            fmt::format("agent: there is no agent \"{}\"", text_of(row["unknown_agent"]));
    else if (!row["unknown_upstream"].is_null())
        planned.error =
            fmt::format("after: there is no schedule \"{}\"", text_of(row["unknown_upstream"]));
    else if (boolean_of(row["comes_after_itself"]))
        planned.error = "after: it comes after itself, by way of the schedules it names";
    else
        planned.error = prompt_error(*schedule);
    const auto runs = integer_of(row["runs"]);
    const bool fires = !planned.error && boolean_of(row["fires"]);
    if (rule) planned.forecast = ForecastOf{planned.id, *schedule, *rule, runs, fires};
    if (!fires) return planned;
    planned.zone_version = version_text(*rule->zone);
    // An edit that did not touch the times keeps the cursor, and with it what is due.
    planned.next_fire_at = optional_instant(row["next_fire_at"]);
    if (planned.next_fire_at) return planned;
    planned.next_fire_at = schedule::next_fire_time(*schedule, *rule, instant_of(row["now"]), runs);
    return planned;
}

std::string version_text(const cron::TimeZone& zone) {
    return fmt::format("{:016x}", zone.data_version());
}

Planned replan_row(const pqxx::row& row, cron::ZoneCache& zones) {
    Planned planned;
    planned.id = integer_of(row["id"]);
    planned.rev = integer_of(row["rev"]);
    planned.name = text_of(row["name"]);
    auto rule = schedule::fire_rule(times_of(row), zones);
    if (!rule) {
        planned.error = rule.error();
        return planned;
    }
    rule->anchor(instant_of(row["created_at"]));
    std::optional<schedule::LastFire> last;
    if (!row["last_fire_at"].is_null())
        last = {instant_of(row["last_fire_at"]), reading_of(row["last_fire_reading"])};
    planned.zone_version = version_text(*rule->zone);
    const auto now = instant_of(row["now"]);
    const auto cursor = instant_of(row["next_fire_at"]);
    // What is due and never fired stays due: only a last fire tells what was handled.
    planned.next_fire_at = !last && cursor <= now ? cursor : schedule::replan(*rule, last, now);
    return planned;
}

} // namespace agentcron::db
