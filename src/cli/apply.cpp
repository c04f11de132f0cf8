#include "cli/commands.hpp"
#include "cli/config_path.hpp"
#include "cli/database.hpp"
#include "db/declarations.hpp"
#include "db/migrate.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

namespace json = boost::json;

void print_names(std::string_view what, const std::vector<std::string>& names) {
    for (const auto& name : names) fmt::print("{} {}\n", what, name);
}

// A name that a row inserted by SQL already has: the file's schedule does not run.
int print(const Invocation& invocation, const db::Applied& applied, std::size_t declared) {
    if (invocation.json) {
        json::object object;
        object["inserted"] = json::value_from(applied.inserted);
        object["changed"] = json::value_from(applied.changed);
        object["disabled"] = json::value_from(applied.disabled);
        object["taken"] = json::value_from(applied.taken);
        fmt::print("{}\n", json::serialize(object));
    } else {
        print_names("added", applied.inserted);
        print_names("changed", applied.changed);
        print_names("disabled", applied.disabled);
        fmt::print("{} schedules are as declared\n", declared - applied.taken.size());
    }
    for (const auto& name : applied.taken)
        fmt::print(stderr,
                   "not applied: a row with source = sql has the name `{}`; rename one of them\n",
                   name);
    return applied.taken.empty() ? 0 : 1;
}

} // namespace

void add_apply(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "Declare", "apply",
        "Write the agents and schedules of the YAML files into the database",
        "  agentcron apply                      ./schedules, or /etc/agentcron\n"
        "  agentcron apply --config my.yaml     schedules that left the files are disabled\n");
    set_action(command, invocation, [&invocation] {
        const auto path = config_path(invocation.config);
        const auto config = load_config(path);
        auto database = create_database(invocation, db::Client::Schema::any);
        // A private database may be minutes old; a shared one is migrated only when asked to.
        if (database.opened.cluster) db::migrate(database->connection(), {});
        db::require_current_schema(database->connection());
        const auto applied = db::apply_declarations(database->connection(), config.agents,
                                                    config.schedules, db::origin_of(path));
        return print(invocation, applied, config.schedules.size());
    });
}

} // namespace agentcron::cli
