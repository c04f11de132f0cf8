#include "base/timestamps.hpp"
#include "cli/commands.hpp"
#include "cli/config_path.hpp"
#include "cli/errors.hpp"
#include "cli/rows.hpp"
#include "schedule/due.hpp"
#include "schedule/validate.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

namespace json = boost::json;

std::optional<std::string> next_fire_of(const schedule::Schedule& schedule, cron::ZoneCache& zones,
                                        base::Instant now) {
    auto rule = schedule::validate(schedule, zones);
    if (!rule || !schedule.enabled) return std::nullopt;
    rule->anchor(now); // the schedule's making, which a first `apply` would do now
    const auto next = schedule::next_fire_time(schedule, *rule, now);
    if (!next) return std::nullopt;
    return base::to_rfc3339(*next);
}

db::Table table_of(const config::Config& config) {
    using Type = db::Table::Type;
    db::Table table;
    table.columns = {{"name"},
                     {"cron"},
                     {"timezone"},
                     {"agent"},
                     {"enabled", Type::boolean},
                     {"next_fire_at", Type::timestamp}};
    cron::ZoneCache zones;
    const auto now = base::SystemClock().now();
    for (const auto& schedule : config.schedules)
        table.rows.push_back({schedule.name, schedule.cron, schedule.timezone, schedule.agent,
                              schedule.enabled ? "t" : "f", next_fire_of(schedule, zones, now)});
    return table;
}

int report(const Invocation& invocation, const std::vector<config::Error>& errors) {
    json::array array;
    for (const auto& error : errors) {
        fmt::print(stderr, "{}\n", error.text());
        array.push_back({{"file", error.file.string()},
                         {"line", error.line},
                         {"column", error.column},
                         {"message", error.message}});
    }
    if (invocation.json) fmt::print("{}\n", json::serialize(array));
    return 2;
}

} // namespace

void add_check(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "Declare", "check", "Check the YAML files: every mistake at once, and what fires next",
        "  agentcron check                          ./schedules, or /etc/agentcron\n"
        "  agentcron check --config schedules/nightly.yaml\n");
    set_action(command, invocation, [&invocation] {
        const auto config = config::load(config_path(invocation.config));
        if (!config) return report(invocation, config.error());
        print_rows(invocation, table_of(*config),
                   {{"name", "NAME"},
                    {"cron", "CRON"},
                    {"timezone", "ZONE"},
                    {"agent", "AGENT"},
                    {"enabled", "ENABLED", Show::boolean},
                    {"next_fire_at", "NEXT", Show::instant}},
                   "no schedules are declared");
        if (!invocation.json)
            fmt::print("{} agents and {} schedules in {} files are fine\n", config->agents.size(),
                       config->schedules.size(), config->files.size());
        return 0;
    });
}

} // namespace agentcron::cli
