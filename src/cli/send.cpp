#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/rows.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {

void add_send(CLI::App& app, Invocation& invocation) {
    auto& command =
        add_command(app, "People", "send", "Say something to the running agent of a task",
                    "  agentcron send 17 \"leave the tests alone, please\"\n"
                    "  agentcron send 17 - < notes.txt   from stdin\n");
    struct Options {
        std::string task, text;
    };
    auto options = std::make_shared<Options>();
    command.add_option("ID", options->task, "The task")->required();
    command.add_option("TEXT", options->text, "The message; - reads it from stdin")->required();
    set_action(command, invocation, [&invocation, options] {
        const auto task_id = task_id_from(options->task);
        const auto text = db::storable_text(text_or_stdin(options->text));
        auto database = open_database(invocation);
        const auto sent = database->query("cli_send", db::params(task_id, text));
        print_done(invocation, sent, fmt::format("sent to task {}", task_id));
        return 0;
    });
}

} // namespace agentcron::cli
