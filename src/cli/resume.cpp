#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/names.hpp"
#include "cli/rows.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {

void add_resume(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(app, "Act", "resume",
                                "Let a paused schedule fire again, from its next fire time on",
                                "  agentcron resume nightly\n");
    auto name = std::make_shared<std::string>();
    command.add_option("NAME", *name, "The schedule")->required();
    set_action(command, invocation, [&invocation, name] {
        auto database = open_database(invocation);
        const auto resumed = with_suggestion(*database.client, *name, [&] {
            return database->query("cli_resume", db::params(*name));
        });
        print_done(invocation, resumed, fmt::format("`{}` fires again", *name));
        return 0;
    });
}

} // namespace agentcron::cli
