#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/rows.hpp"
#include "cli/task_log.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

struct ContinueOptions {
    std::string task;
    std::string prompt;
    bool wait = false;
};

int continue_task(const Invocation& invocation, const ContinueOptions& options) {
    const auto task_id = task_id_from(options.task);
    const auto prompt = db::storable_text(text_or_stdin(options.prompt));
    auto database = open_database(invocation);
    const auto made = database->query("cli_continue", db::params(task_id, prompt));
    const auto made_id = std::stoll(*made.at(0, "task_id"));
    if (!options.wait) {
        print_done(invocation, made, std::to_string(made_id));
        return 0;
    }
    fmt::print(stderr, "task {}\n", made_id); // stdout is the agent's
    LogFormat format;
    format.follow = true;
    return print_log(invocation, database, made_id, format);
}

} // namespace

void add_continue(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "People", "continue",
        "Go on with a finished task's conversation; prints the new task's id",
        "  agentcron continue 17 \"now fix what you found\"\n"
        "  agentcron continue 17 - < more.md                  from stdin\n"
        "  agentcron continue 17 \"and the tests?\" --wait      follows it to its end\n"
        "\nThe new task has the agent, the schedule and the settings of the old one, and the\n"
        "session that its agent had. While another task goes on with it this is refused.\n");
    auto options = std::make_shared<ContinueOptions>();
    command.add_option("ID", options->task, "The finished task")->required();
    command.add_option("PROMPT", options->prompt, "What to say; - reads it from stdin")->required();
    command.add_flag("--wait", options->wait, "Follow its output to its end");
    set_action(command, invocation,
               [&invocation, options] { return continue_task(invocation, *options); });
}

} // namespace agentcron::cli
