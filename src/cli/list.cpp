#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/errors.hpp"
#include "cli/names.hpp"
#include "cli/rows.hpp"
#include "cli/time_text.hpp"
#include "task/status.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

struct ListOptions {
    bool schedules = false, agents = false, workers = false;
    std::optional<std::string> schedule;
    std::vector<std::string> statuses;
    std::string since;
    std::int64_t limit = 20;
};

std::optional<std::string> statuses_from(const std::vector<std::string>& words) {
    std::vector<std::string_view> known;
    for (const auto status : task::all_statuses) known.push_back(task::name(status));
    for (const auto& word : words)
        if (!task::status_from(word))
            throw UsageError(fmt::format("`{}` is no status{}; the statuses are {}", word,
                                         base::did_you_mean(word, known), fmt::join(known, ", ")));
    if (words.empty()) return std::nullopt;
    return db::array_text(words);
}

std::optional<base::Instant> since_from(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto since = parse_since(text, base::SystemClock().now());
    if (!since) throw UsageError("--since: " + since.error());
    return *since;
}

void list_tasks(const Invocation& invocation, const ListOptions& options) {
    const auto statuses = statuses_from(options.statuses);
    const auto since = since_from(options.since);
    auto database = open_database(invocation);
    const auto tasks =
        database->query("cli_tasks", db::params(options.schedule, statuses, since, options.limit));
    const bool filtered = options.schedule || statuses || since;
    if (tasks.rows.empty() && options.schedule &&
        database->query("cli_schedules", db::params(*options.schedule, 1)).rows.empty())
        no_such_schedule(*database.client, *options.schedule);
    print_rows(invocation, tasks,
               {{"id", "ID", Show::number},
                {"schedule", "SCHEDULE"},
                {"agent", "AGENT"},
                {"status", "STATUS", Show::status},
                {"fire_time", "DUE", Show::instant},
                {"started_at", "STARTED", Show::instant},
                {"duration_s", "TOOK", Show::seconds},
                {"summary", "SUMMARY", Show::words},
                {"message", "MESSAGE", Show::words}},
               filtered ? "no task fits these filters"
                        : "there are no tasks yet; `agentcron list --schedules` shows what is due, "
                          "`agentcron trigger NAME` runs a schedule now");
}

void list_schedules(const Invocation& invocation, const ListOptions& options) {
    auto database = open_database(invocation);
    const auto schedules =
        database->query("cli_schedules", db::params(options.schedule, options.limit));
    if (schedules.rows.empty() && options.schedule)
        no_such_schedule(*database.client, *options.schedule);
    print_rows(invocation, schedules,
               {{"name", "NAME"},
                {"state", "STATE", Show::status},
                {"cron", "CRON"},
                {"timezone", "ZONE"},
                {"agent", "AGENT"},
                {"next_fire_at", "NEXT", Show::instant},
                {"last_status", "LAST", Show::status},
                {"runs", "RUNS", Show::number},
                {"failed", "FAILED", Show::number},
                {"p50_duration_s", "P50", Show::seconds},
                {"error", "ERROR", Show::words},
                {"paused_reason", "PAUSED", Show::words}},
               "there are no schedules yet: declare them in YAML and run `agentcron apply`, or "
               "insert rows into agentcron.schedules");
}

void list_agents(const Invocation& invocation, const ListOptions& options) {
    auto database = open_database(invocation);
    print_rows(invocation, database->query("cli_agents", db::params(options.limit)),
               {{"name", "NAME"},
                {"driver", "DRIVER"},
                {"schedules", "SCHEDULES", Show::number},
                {"source", "SOURCE"},
                {"updated_at", "CHANGED", Show::instant},
                {"command", "COMMAND", Show::words}},
               "there are no agents yet: declare them in YAML under agents: and run "
               "`agentcron apply`");
}

void list_workers(const Invocation& invocation, const ListOptions& options) {
    auto database = open_database(invocation);
    print_rows(invocation, database->query("cli_workers", db::params(options.limit)),
               {{"host", "HOST"},
                {"pid", "PID", Show::number},
                {"state", "STATE", Show::status},
                {"running", "RUNNING", Show::number},
                {"slots", "SLOTS", Show::number},
                {"started_at", "STARTED", Show::instant},
                {"heartbeat_at", "HEARTBEAT", Show::instant},
                {"version", "VERSION"}},
               "no worker has ever run on this database; start one with `agentcron up`");
}

} // namespace

void add_list(CLI::App& app, Invocation& invocation) {
    auto& command =
        add_command(app, "Look", "list", "List tasks, newest last; or schedules, agents, workers",
                    "  agentcron list                          the latest 20 tasks\n"
                    "  agentcron list --status failed --since 24h\n"
                    "  agentcron list --schedule nightly -n 5  of one schedule\n"
                    "  agentcron list --schedules              what fires next\n"
                    "  agentcron list --json | jq '.[].status'\n");
    auto options = std::make_shared<ListOptions>();
    auto* schedules = command.add_flag("--schedules", options->schedules, "List schedules");
    auto* agents = command.add_flag("--agents", options->agents, "List agents");
    auto* workers = command.add_flag("--workers", options->workers, "List workers");
    schedules->excludes(agents, workers);
    agents->excludes(workers);
    command.add_option("--schedule", options->schedule, "Only of this schedule")
        ->option_text("NAME");
    command.add_option("--status", options->statuses, "Only tasks of these statuses")
        ->option_text("STATUS,...")
        ->delimiter(',')
        ->allow_extra_args(false);
    command
        .add_option("--since", options->since, "Only tasks due since then: 2h, 3d, 2026-03-29 ...")
        ->option_text("TIME");
    command.add_option("-n,--limit", options->limit, "At most so many rows (20)")
        ->option_text("N")
        ->check(CLI::Range(1, 100'000));
    set_action(command, invocation, [&invocation, options] {
        if (options->schedules)
            list_schedules(invocation, *options);
        else if (options->agents)
            list_agents(invocation, *options);
        else if (options->workers)
            list_workers(invocation, *options);
        else
            list_tasks(invocation, *options);
        return 0;
    });
}

} // namespace agentcron::cli
