#include "base/timestamps.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/errors.hpp"
#include "cli/names.hpp"
#include "cli/rows.hpp"
#include "cli/time_text.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

struct WhyOptions {
    std::string schedule;
    std::string time;
    std::int64_t limit = 20;
};

// The due time itself if there is one, else its neighbours.
db::Table around(db::Client& client, const std::string& schedule, base::Instant time) {
    auto rows = client.query("cli_why_at", db::params(schedule, time));
    for (std::size_t row = 0; row < rows.rows.size(); ++row)
        if (rows.at(row, "fire_time") == base::to_rfc3339(time)) {
            rows.rows = {rows.rows[row]};
            return rows;
        }
    fmt::print(stderr, "nothing was due at {}; the due times next to it are:\n",
               base::to_rfc3339(time));
    return rows;
}

int why(const Invocation& invocation, const WhyOptions& options) {
    std::optional<base::Instant> time;
    if (!options.time.empty()) {
        const auto parsed = parse_time(options.time, base::SystemClock().now());
        if (!parsed) throw UsageError(parsed.error());
        time = *parsed;
    }
    auto database = open_database(invocation);
    auto rows = time ? around(*database.client, options.schedule, *time)
                     : database->query("cli_why", db::params(options.schedule, options.limit));
    if (rows.rows.empty() &&
        database->query("cli_schedules", db::params(options.schedule, 1)).rows.empty())
        no_such_schedule(*database.client, options.schedule);
    print_rows(invocation, rows,
               {{"fire_time", "DUE", Show::instant},
                {"task_id", "TASK", Show::number},
                {"status", "STATUS", Show::status},
                {"explanation", "WHY", Show::words}},
               "this schedule has no due times yet");
    return 0;
}

} // namespace

void add_why(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "Look", "why", "Say what became of a schedule's due times, and why it did not run",
        "  agentcron why nightly                       the latest, and what comes next\n"
        "  agentcron why nightly 02:30                 of one due time today\n"
        "  agentcron why nightly 2026-03-29T01:00:00Z\n");
    auto options = std::make_shared<WhyOptions>();
    command.add_option("NAME", options->schedule, "The schedule")->required();
    command.add_option("TIME", options->time, "A due time, local unless it says otherwise");
    command.add_option("-n,--limit", options->limit, "At most so many rows (20)")
        ->option_text("N")
        ->check(CLI::Range(1, 100'000));
    set_action(command, invocation, [&invocation, options] { return why(invocation, *options); });
}

} // namespace agentcron::cli
