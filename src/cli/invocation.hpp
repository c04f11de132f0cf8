// What the command line asked for: the options that every command has, and the command's action.
// Owned by run(), filled while the arguments are parsed; the action runs after that.
#pragma once

#include "cli/daemon_options.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace agentcron::cli {

using Daemon = std::function<int(const DaemonOptions&)>;

struct Invocation {
    std::string database;  // --database; "" = not given
    std::string config;    // --config or AGENTCRON_CONFIG; "" = neither
    std::string log_level; // --log-level; "" = not given
    bool json = false;
    Daemon daemon;
    std::function<int()> action; // of the command that was named; gives the exit code
};

// A subcommand; the common options come with it. `examples` is shown below its help, one per line,
// each a command line, two spaces or more, and what it does.
CLI::App& add_command(CLI::App& app, const std::string& group, const std::string& name,
                      const std::string& description, const std::string& examples);

// Gives the command its action. `options` is what its arguments are parsed into; it lives as long
// as the action.
void set_action(CLI::App& command, Invocation& invocation, std::function<int()> action);

} // namespace agentcron::cli
