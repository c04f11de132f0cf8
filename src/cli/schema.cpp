#include "cli/commands.hpp"
#include "cli/rows.hpp"
#include "config/json_schema.hpp"

#include <CLI/CLI.hpp>

namespace agentcron::cli {

void add_schema(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(app, "Declare", "schema",
                                "Print the JSON Schema of the YAML files, for editors",
                                "  agentcron schema > agentcron.schema.json\n"
                                "  # and on the first line of a YAML file:\n"
                                "  # yaml-language-server: $schema=agentcron.schema.json\n");
    set_action(command, invocation, [] {
        write_out(config::json_schema() + "\n");
        return 0;
    });
}

} // namespace agentcron::cli
