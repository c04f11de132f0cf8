#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/task_log.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace agentcron::cli {

void add_logs(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "Look", "logs", "Show what the agent of a task wrote",
        "  agentcron logs 17             all of it, every attempt\n"
        "  agentcron logs -f 17          as it is written\n"
        "  agentcron logs --raw 17 >out  the very bytes; stderr goes to stderr\n"
        "  agentcron logs --json 17      one JSON object per line\n"
        "With -f it ends with the task: exit code 0 if that succeeded, else 1. A lost\n"
        "database is waited for. Of a chain each step comes in turn, under its name.\n");
    struct Options {
        std::string task;
        LogFormat format;
    };
    auto options = std::make_shared<Options>();
    command.add_option("ID", options->task, "The task")->required();
    command.add_flag("-f,--follow", options->format.follow, "Go on until the task has ended");
    command.add_flag("--raw", options->format.raw, "Exact bytes of stdout and stderr");
    command.add_option("--attempt", options->format.attempt, "Only of this attempt")
        ->option_text("N")
        ->check(CLI::Range(1, 1'000'000));
    set_action(command, invocation, [&invocation, options] {
        const auto task_id = task_id_from(options->task);
        auto database = open_database(invocation);
        return print_log(invocation, database, task_id, options->format);
    });
}

} // namespace agentcron::cli
