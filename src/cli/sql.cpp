#include "base/program_path.hpp"
#include "base/spawn.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/errors.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::cli {
namespace {

constexpr const char* install_psql =
    "psql is not installed: install Debian's package postgresql-client";

std::string find_in_path(const std::string& program) {
    const char* path = std::getenv("PATH");
    auto found = base::find_program(program, path ? path : base::default_path);
    if (!found) throw std::runtime_error(install_psql);
    return std::move(*found);
}

// This process's environment, with the database's variables instead of its own.
std::vector<std::string> environment_with(const std::vector<std::string>& database) {
    const auto name_of = [](const std::string& variable) {
        return variable.substr(0, variable.find('='));
    };
    std::vector<std::string> environment = database;
    for (char** variable = environ; *variable; ++variable) {
        const bool replaced =
            std::any_of(database.begin(), database.end(), [&](const std::string& ours) {
                return name_of(ours) == name_of(*variable);
            });
        if (!replaced) environment.emplace_back(*variable);
    }
    return environment;
}

[[noreturn]] void replace_this_process(const base::SpawnRequest& request) {
    std::vector<char*> argv, environment;
    for (const auto& word : request.argv) argv.push_back(const_cast<char*>(word.c_str()));
    for (const auto& word : *request.env) environment.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    environment.push_back(nullptr);
    ::execve(argv[0], argv.data(), environment.data());
    throw std::runtime_error(fmt::format("{}: {}", argv[0], std::strerror(errno)));
}

// Ctrl-C at the terminal is for psql, which then cancels its query; this process waits on.
int run_child(const base::SpawnRequest& request) {
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGQUIT, SIG_IGN);
    const auto child = base::spawn(request);
    if (!child) throw std::runtime_error("psql did not start: " + child.error().message());
    std::optional<base::ChildExit> exit;
    while (!exit) exit = base::wait(*child, std::chrono::hours(24));
    return exit->code.value_or(1);
}

} // namespace

void add_sql(CLI::App& app, Invocation& invocation) {
    auto& command =
        add_command(app, "Look", "sql", "Open psql on agentcron's database, with its search path",
                    "  agentcron sql\n"
                    "  agentcron sql -c \"select * from task_history limit 5\"\n"
                    "  agentcron sql -- --csv -c \"table daily_summary\"\n");
    struct Options {
        std::vector<std::string> queries;
        std::vector<std::string> more;
    };
    auto options = std::make_shared<Options>();
    command.add_option("-c,--command", options->queries, "Run this and end; may be repeated")
        ->option_text("QUERY")
        ->allow_extra_args(false);
    command.add_option("ARGUMENTS", options->more, "Further arguments of psql, after --");
    set_action(command, invocation, [&invocation, options] {
        if (invocation.json)
            throw UsageError("psql prints no JSON by itself; ask for it in the query: "
                             "select json_agg(t) from task_history t");
        auto database = open_database(invocation);
        database.client.reset(); // it has shown that the schema fits
        base::SpawnRequest request;
        request.argv = {find_in_path("psql")};
        for (const auto& query : options->queries)
            request.argv.insert(request.argv.end(), {"-c", query});
        request.argv.insert(request.argv.end(), options->more.begin(), options->more.end());
        request.env = environment_with(db::libpq_environment(database.opened.conninfo));
        request.fds = {{0, 0}, {1, 1}, {2, 2}};
        // A private server ends with its last user, so this process must outlive psql.
        if (database.opened.cluster) return run_child(request);
        replace_this_process(request);
    });
}

} // namespace agentcron::cli
