#include "cli/run.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "cli/commands.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

constexpr const char* short_help =
    R"(agentcron runs AI agents and commands on schedules, and remembers.

  agentcron up                    start it, on a private PostgreSQL if none is set
  agentcron check                 are the YAML files right, and when does what fire next?
  agentcron list                  the latest tasks; --schedules, --agents, --workers
  agentcron logs -f ID            follow what an agent writes
  agentcron inbox                 questions that wait for a person
  agentcron answer ID "text"      answer one
  agentcron why NAME              every due time and what became of it
  agentcron upcoming              what fires next, over all schedules
  agentcron backfill NAME A B     run the due times from A up to B that have not run

`agentcron --help` names all commands, `agentcron COMMAND --help` explains one with examples.
)";

constexpr const char* database_help =
    R"(Which database: --database, else AGENTCRON_DATABASE_URL, else `database:` in the files of
--config (or AGENTCRON_CONFIG), else libpq's own variables (PGHOST ...), else agentcron's private
PostgreSQL in the state directory (AGENTCRON_STATE_DIR).

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 database unreachable, 4 not found.
)";

void add_commands(CLI::App& app, Invocation& invocation) {
    add_up(app, invocation);
    add_check(app, invocation);
    add_check_agent(app, invocation);
    add_apply(app, invocation);
    add_next(app, invocation);
    add_import_crontab(app, invocation);
    add_schema(app, invocation);
    add_migrate(app, invocation);
    add_list(app, invocation);
    add_show(app, invocation);
    add_logs(app, invocation);
    add_why(app, invocation);
    add_upcoming(app, invocation);
    add_sql(app, invocation);
    add_doctor(app, invocation);
    add_inbox(app, invocation);
    add_answer(app, invocation);
    add_send(app, invocation);
    add_continue(app, invocation);
    add_resume_cmd(app, invocation);
    add_trigger(app, invocation);
    add_backfill(app, invocation);
    add_cancel(app, invocation);
    add_retry(app, invocation);
    add_pause(app, invocation);
    add_resume(app, invocation);
    add_workspaces(app, invocation);
    add_ask(app, invocation);
    add_mcp(app, invocation);
}

void add_common_options(CLI::App& command, Invocation& invocation) {
    constexpr const char* group = "Common options";
    command.set_help_flag("-h,--help", "Show this help")->group(group);
    command.set_version_flag("--version", std::string(base::version()), "Show the version")
        ->group(group);
    command.add_option("--database", invocation.database, "Connection string or URL of PostgreSQL")
        ->option_text("URL")
        ->group(group);
    command
        .add_option("--config", invocation.config,
                    "File or directory of YAML (also AGENTCRON_CONFIG)")
        ->option_text("PATH")
        ->group(group);
    command.add_flag("--json", invocation.json, "Machine-readable output")->group(group);
    command.add_option("--log-level", invocation.log_level, "trace, debug, info, warn or error")
        ->option_text("LEVEL")
        ->check(CLI::IsMember(
            std::vector<std::string>(base::log_levels.begin(), base::log_levels.end())))
        ->group(group);
}

// The first word that could be a command. Before it stand only common options.
std::string first_word(int argc, const char* const* argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--database" || argument == "--config" || argument == "--log-level")
            ++i;
        else if (!argument.starts_with('-'))
            return std::string(argument);
    }
    return {};
}

void require_known_command(const CLI::App& app, const std::string& word) {
    std::vector<std::string> names;
    for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
    if (word.empty() || std::find(names.begin(), names.end(), word) != names.end()) return;
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    throw UsageError(
        fmt::format("there is no command `{}`{}", word, base::did_you_mean(word, candidates)));
}

std::string unexpected(const CLI::App& command, const std::string& argument) {
    if (!argument.starts_with('-')) return fmt::format("`{}` is one argument too many", argument);
    std::vector<std::string> names;
    for (const auto* option : command.get_options())
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    return fmt::format("there is no option `{}`{}", argument,
                       base::did_you_mean(argument, candidates));
}

// CLI11 found the arguments wrong, or help or version were asked for.
int finish_parse(const CLI::App& app, const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    const auto named = app.get_subcommands();
    const CLI::App& command = named.empty() ? app : *named.front();
    std::string message = error.what();
    if (dynamic_cast<const CLI::ExtrasError*>(&error)) {
        const auto extras = command.remaining();
        if (!extras.empty()) message = unexpected(command, extras.front());
    }
    const std::string name = named.empty() ? "" : " " + command.get_name();
    throw UsageError(fmt::format("{}\nTry `agentcron{} --help`", message, name));
}

int flushed(int exit_code) {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit_code;
    return complain("the output could not be written", 1);
}

} // namespace

CLI::App& add_command(CLI::App& app, const std::string& group, const std::string& name,
                      const std::string& description, const std::string& examples) {
    auto* command = app.add_subcommand(name, description);
    command->group(group);
    command->footer("Examples:\n" + examples);
    return *command;
}

void set_action(CLI::App& command, Invocation& invocation, std::function<int()> action) {
    command.callback([&invocation, action = std::move(action)] { invocation.action = action; });
}

int run(int argc, const char* const* argv, const Daemon& daemon) {
    Invocation invocation;
    invocation.daemon = daemon;
    if (const char* config = std::getenv("AGENTCRON_CONFIG")) invocation.config = config;
    CLI::App app("agentcron runs AI agents and commands on schedules, and remembers.", "agentcron");
    app.require_subcommand(0, 1);
    app.get_formatter()->column_width(32);
    for (const char* type : {"TEXT", "REQUIRED"}) app.get_formatter()->label(type, "");
    app.footer(database_help);
    add_commands(app, invocation);
    // After the commands' own options, since help shows groups in this order.
    for (auto* command : app.get_subcommands({})) add_common_options(*command, invocation);
    add_common_options(app, invocation);
    require_known_command(app, first_word(argc, argv));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return flushed(finish_parse(app, error));
    }
    if (!invocation.action) {
        fmt::print("{}", short_help);
        return flushed(0);
    }
    base::set_up_log(invocation.log_level.empty() ? "warn" : invocation.log_level);
    return flushed(invocation.action());
}

int complain(std::string_view message, int exit_code, std::string_view hint) {
    std::fflush(stdout);
    fmt::print(stderr, "agentcron: {}\n", message);
    if (!hint.empty()) fmt::print(stderr, "{}\n", hint);
    return exit_code;
}

} // namespace agentcron::cli
