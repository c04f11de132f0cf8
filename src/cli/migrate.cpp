#include "db/migrate.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::cli {
namespace {

namespace json = boost::json;

void print(const Invocation& invocation, const std::vector<db::Migration>& migrations,
           std::string_view what) {
    if (invocation.json) {
        json::array array;
        for (const auto& migration : migrations)
            array.push_back({{"version", migration.version}, {"name", migration.name}});
        fmt::print("{}\n", json::serialize(array));
        return;
    }
    for (const auto& migration : migrations)
        fmt::print("{} {:04} {}\n", what, migration.version, migration.name);
    if (migrations.empty())
        fmt::print("the schema is up to date, version {}\n", db::known_migrations().size());
}

// Of a database that does not exist yet, everything.
std::vector<db::Migration> missing(const Invocation& invocation) {
    const auto choice = choose_database(invocation);
    const auto state = db::state_directory(
        [](const char* name) -> const char* { return std::getenv(name); }, ::geteuid() == 0);
    auto migrations = db::known_migrations();
    if (choice.conninfo.empty() && !db::PrivateCluster::exists(state)) return migrations;
    auto database = create_database(invocation, db::Client::Schema::any);
    if (database->query("has_migrations_table").rows[0][0] != "t") return migrations;
    const auto applied = database->query("applied_migrations");
    // Never applied out of order: what is there is a prefix.
    migrations.erase(migrations.begin(),
                     migrations.begin() + static_cast<std::ptrdiff_t>(
                                              std::min(applied.rows.size(), migrations.size())));
    if (migrations.empty()) db::require_current_schema(database->connection());
    return migrations;
}

std::vector<db::Migration> apply(const Invocation& invocation) {
    auto database = create_database(invocation, db::Client::Schema::any);
    std::vector<db::Migration> applied;
    db::migrate(database->connection(),
                [&](const db::Migration& migration) { applied.push_back(migration); });
    return applied;
}

} // namespace

void add_migrate(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(app, "Declare", "migrate",
                                "Bring the database's schema to this version of agentcron",
                                "  agentcron migrate --database postgres://db.example/agentcron\n"
                                "  agentcron migrate --dry-run      only say what is missing\n");
    auto dry_run = std::make_shared<bool>(false);
    command.add_flag("--dry-run", *dry_run, "Change nothing");
    set_action(command, invocation, [&invocation, dry_run] {
        if (*dry_run)
            print(invocation, missing(invocation), "would apply");
        else
            print(invocation, apply(invocation), "applied");
        return 0;
    });
}

} // namespace agentcron::cli
