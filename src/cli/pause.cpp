#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/names.hpp"
#include "cli/rows.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {

void add_pause(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(app, "Act", "pause", "Stop a schedule from firing until `resume`",
                                "  agentcron pause nightly --reason \"release week\"\n"
                                "  agentcron pause nightly --by \"on-call bot\"\n");
    struct Options {
        std::string name;
        std::optional<std::string> reason;
        std::optional<std::string> by;
    };
    auto options = std::make_shared<Options>();
    command.add_option("NAME", options->name, "The schedule")->required();
    command.add_option("--reason", options->reason, "Why, for the record")->option_text("TEXT");
    command.add_option("--by", options->by, "Who does, for the record (your login name)")
        ->option_text("NAME");
    set_action(command, invocation, [&invocation, options] {
        auto database = open_database(invocation);
        const auto paused = with_suggestion(*database.client, options->name, [&] {
            return database->query("cli_pause", db::params(options->name, options->reason,
                                                           options->by.value_or(user_name())));
        });
        print_done(invocation, paused,
                   fmt::format("`{}` is paused; `agentcron resume {}` lets it fire again",
                               options->name, options->name));
        return 0;
    });
}

} // namespace agentcron::cli
