#include "cli/database.hpp"

#include "cli/config_path.hpp"
#include "cli/errors.hpp"

#include <cstdlib>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::cli {
namespace {

const char* environment(const char* name) {
    return std::getenv(name);
}

Database open(const Invocation& invocation, bool create, db::Client::Schema schema) {
    const auto choice = choose_database(invocation);
    const auto state = db::state_directory(environment, ::geteuid() == 0);
    Database database;
    database.opened = db::open_database(choice, state, create, [](const std::string& progress) {
        fmt::print(stderr, "{}\n", progress);
    });
    try {
        database.client = std::make_unique<db::Client>(database.opened.conninfo, schema);
    } catch (const db::Unreachable& error) {
        throw db::Unreachable(
            fmt::format("cannot reach the database of {}: {}", choice.from, error.what()));
    }
    return database;
}

} // namespace

db::DatabaseChoice choose_database(const Invocation& invocation) {
    std::string configured;
    // A file that is not needed is not read: its mistakes are none of this command.
    if (invocation.database.empty() && !environment("AGENTCRON_DATABASE_URL") &&
        !invocation.config.empty())
        configured = load_config(invocation.config).settings.database;
    try {
        return db::choose_database(invocation.database, configured, environment);
    } catch (const std::invalid_argument& error) {
        throw UsageError(error.what());
    }
}

Database open_database(const Invocation& invocation) {
    return open(invocation, false, db::Client::Schema::current);
}

Database open_any_database(const Invocation& invocation) {
    return open(invocation, false, db::Client::Schema::any);
}

Database create_database(const Invocation& invocation, db::Client::Schema schema) {
    return open(invocation, true, schema);
}

} // namespace agentcron::cli
