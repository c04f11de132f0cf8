#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/rows.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {

void add_retry(CLI::App& app, Invocation& invocation) {
    auto& command =
        add_command(app, "Act", "retry", "Queue a failed, cancelled, skipped or blocked task again",
                    "  agentcron retry 17\n"
                    "  agentcron retry 17 && agentcron logs -f 17\n");
    auto task = std::make_shared<std::string>();
    command.add_option("ID", *task, "The task")->required();
    set_action(command, invocation, [&invocation, task] {
        const auto task_id = task_id_from(*task);
        auto database = open_database(invocation);
        const auto queued = database->query("cli_retry", db::params(task_id));
        print_done(invocation, queued, fmt::format("task {} is queued again", task_id));
        return 0;
    });
}

} // namespace agentcron::cli
