#include "cli/commands.hpp"
#include "cli/config_path.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace agentcron::cli {
namespace {

constexpr const char* stopping =
    "SIGTERM leaves the agents running, and the next start here goes on with them. Ctrl-C ends\n"
    "them and queues their tasks again. Each further signal leaves less behind.\n";

void add_daemon(CLI::App& app, Invocation& invocation, const DaemonOptions& halves,
                const std::string& name, const std::string& description,
                const std::string& examples) {
    auto& command = add_command(app, "Run", name, description, examples);
    auto options = std::make_shared<DaemonOptions>(halves);
    if (halves.worker) {
        command.add_flag("--drain", options->drain,
                         "SIGTERM waits for the tasks that run; no new ones start");
        command
            .add_option("--slots", options->slots,
                        "Tasks that may run at once (default: 2 x cores)")
            ->option_text("N")
            ->check(CLI::Range(1, 10'000));
        // Not in the help: for tests that wait until a lease has run out.
        command
            .add_option_function<int>(
                "--lease", [options](int seconds) { options->lease_ttl = base::Seconds(seconds); })
            ->group("")
            ->check(CLI::Range(1, 3600));
    }
    set_action(command, invocation, [&invocation, options] {
        options->config = daemon_config_path(invocation.config);
        options->database = invocation.database;
        if (!invocation.log_level.empty()) options->log_level = invocation.log_level;
        return invocation.daemon(*options);
    });
}

} // namespace

void add_up(CLI::App& app, Invocation& invocation) {
    DaemonOptions halves;
    add_daemon(app, invocation, halves, "up", "Run scheduler and worker until told to stop",
               std::string("  agentcron up                       ./schedules, or /etc/agentcron\n"
                           "  agentcron up --config my.yaml      other declarations\n"
                           "  agentcron up --slots 4             at most four tasks at once\n") +
                   stopping);
    halves.worker = false;
    add_daemon(app, invocation, halves, "scheduler", "Run only the scheduler",
               "  agentcron scheduler --database postgres://db.example/agentcron\n");
    halves.worker = true;
    halves.scheduler = false;
    add_daemon(app, invocation, halves, "worker", "Run only a worker; start as many as you like",
               std::string("  agentcron worker --database postgres://db.example/agentcron --slots "
                           "8\n") +
                   stopping);
}

} // namespace agentcron::cli
