#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/errors.hpp"
#include "cli/interrupt.hpp"
#include "cli/rows.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int look_every_ms = 500;
// A worker that lives looks at once; its archive commands may take their time.
constexpr auto wait_at_most = std::chrono::minutes(5);

struct CleanOptions {
    std::vector<std::string> tasks;
    std::string older_than = "0s";
    bool force = false;
};

int list(const Invocation& invocation) {
    auto database = open_database(invocation);
    print_rows(invocation, database->query("cli_workspaces", db::params(100'000)),
               {{"task_id", "TASK", Show::number},
                {"schedule", "SCHEDULE"},
                {"branch", "BRANCH"},
                {"state", "STATE"},
                {"dirty", "DIRTY", Show::number},
                {"unpushed", "UNPUSHED", Show::number},
                {"size", "SIZE", Show::number},
                {"age_s", "AGE", Show::seconds},
                {"host", "HOST"},
                {"kept_because", "KEPT BECAUSE", Show::words},
                {"path", "PATH", Show::words}},
               "there are no workspaces: an agent with workspace: {git: REPOSITORY} makes one for "
               "each of its tasks");
    return 0;
}

int print_path(const Invocation& invocation, std::int64_t task_id) {
    auto database = open_database(invocation);
    const auto found = database->query("cli_workspace", db::params(task_id));
    if (found.rows.empty())
        throw NotFound(
            fmt::format("task {} has no workspace; `agentcron workspaces` shows all", task_id));
    print_done(invocation, found, *found.at(0, "path"));
    return 0;
}

// Until each of them is removed or kept again, or nobody is there who would do it.
db::Table wait_for(db::Client& client, const std::string& ids) {
    const Interrupt interrupt;
    client.listen("agentcron");
    const auto until = Steady::now() + wait_at_most;
    for (;;) {
        auto cleaned = client.query("cli_cleaned", db::params(ids));
        bool pending = false;
        for (std::size_t row = 0; row < cleaned.rows.size(); ++row)
            pending |= *cleaned.at(row, "result") == "pending";
        if (!pending || Steady::now() >= until) return cleaned;
        interrupt.wait_readable(client.descriptor(), look_every_ms);
        client.notifications();
    }
}

int clean(const Invocation& invocation, const CleanOptions& options) {
    const auto older_than = base::parse_duration(options.older_than);
    if (!older_than) throw UsageError("--older-than: " + older_than.error());
    std::vector<std::int64_t> tasks;
    for (const auto& task : options.tasks) tasks.push_back(task_id_from(task));
    auto database = open_database(invocation);
    const auto asked = database->query(
        "cli_clean_workspaces",
        db::params(tasks.empty() ? std::nullopt : std::optional(db::array_text(tasks)), *older_than,
                   options.force));
    std::vector<std::int64_t> ids;
    for (const auto& row : asked.rows) ids.push_back(std::stoll(*row[0]));
    const auto cleaned = wait_for(*database.client, db::array_text(ids));
    print_rows(invocation, cleaned,
               {{"task_id", "TASK", Show::number},
                {"branch", "BRANCH"},
                {"result", "RESULT"},
                {"because", "BECAUSE", Show::words},
                {"path", "PATH", Show::words}},
               "nothing to clean: only workspaces of tasks that have ended are");
    return 0;
}

} // namespace

void add_workspaces(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "Act", "workspaces", "Git worktrees of tasks: list them, find one, clean up",
        "  agentcron workspaces                        those of all machines\n"
        "  cd \"$(agentcron workspaces path 42)\"        where task 42 works or worked\n"
        "  agentcron workspaces clean --older-than 7d  what loses nothing; says what it kept\n"
        "  agentcron workspaces clean 42 --force       also changes that are not committed\n");
    command.require_subcommand(0, 1);
    command.fallthrough();
    command.callback([&command, &invocation] {
        if (command.get_subcommands().empty())
            invocation.action = [&invocation] { return list(invocation); };
    });

    auto& path = *command.add_subcommand("path", "Print where a task's worktree is");
    auto task = std::make_shared<std::string>();
    path.fallthrough();
    path.add_option("TASK", *task, "The task")->required();
    set_action(path, invocation,
               [&invocation, task] { return print_path(invocation, task_id_from(*task)); });

    auto& cleaning = *command.add_subcommand(
        "clean", "Remove those of tasks that have ended, if clean and pushed; branches with "
                 "commits stay");
    auto options = std::make_shared<CleanOptions>();
    cleaning.fallthrough();
    cleaning.add_option("TASK", options->tasks, "Only of these tasks");
    cleaning
        .add_option("--older-than", options->older_than, "Only of tasks that ended so long ago")
        ->option_text("SPAN");
    cleaning.add_flag("--force", options->force,
                      "Also with changes that are not committed or pushed; needs TASK");
    set_action(cleaning, invocation, [&invocation, options] {
        if (options->force && options->tasks.empty())
            throw UsageError("--force throws work away: name the tasks");
        return clean(invocation, *options);
    });
}

} // namespace agentcron::cli
