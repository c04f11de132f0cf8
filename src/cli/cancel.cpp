#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/rows.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {

void add_cancel(CLI::App& app, Invocation& invocation) {
    auto& command =
        add_command(app, "Act", "cancel", "Cancel a task; a running agent is ended politely",
                    "  agentcron cancel 17\n"
                    "  agentcron cancel 17 --reason \"wrong branch\"\n");
    struct Options {
        std::string task;
        std::optional<std::string> reason;
    };
    auto options = std::make_shared<Options>();
    command.add_option("ID", options->task, "The task")->required();
    command.add_option("--reason", options->reason, "Why, for the record")->option_text("TEXT");
    set_action(command, invocation, [&invocation, options] {
        const auto task_id = task_id_from(options->task);
        auto database = open_database(invocation);
        const auto cancelled = database->query("cli_cancel", db::params(task_id, options->reason));
        const bool at_once = cancelled.at(0, "state") == "cancelled";
        print_done(invocation, cancelled,
                   at_once
                       ? fmt::format("task {} is cancelled", task_id)
                       : fmt::format("task {} is being cancelled; its agent ends now", task_id));
        return 0;
    });
}

} // namespace agentcron::cli
