#include "base/timestamps.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/names.hpp"
#include "cli/rows.hpp"
#include "cli/schedule_times.hpp"
#include "cli/upcoming_times.hpp"
#include "cron/instant_text.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

struct UpcomingOptions {
    std::optional<std::string> schedule;
    int days = 7;
    std::size_t limit = 50;
};

using Column = db::Table::Column;
using Type = db::Table::Type;

// Why a schedule that was asked for by name does not fire; "" = it does.
std::string silence_of(const db::Table& rows) {
    const auto name = *rows.at(0, "name");
    if (const auto& error = rows.at(0, "error"))
        return fmt::format("`{}` cannot fire: {}", name, *error);
    if (rows.at(0, "enabled") == "f") return fmt::format("`{}` is disabled", name);
    if (!rows.at(0, "paused_at")) return "";
    const auto& reason = rows.at(0, "paused_reason");
    return fmt::format("`{}` is paused since {} by {}{}; `agentcron resume {}` lets it fire again",
                       name, *rows.at(0, "paused_at"), rows.at(0, "paused_by").value_or("somebody"),
                       reason ? ": " + *reason : "", name);
}

std::vector<ScheduleTimes> firing_schedules(const db::Table& rows) {
    cron::ZoneCache zones;
    std::vector<ScheduleTimes> schedules;
    for (std::size_t row = 0; row < rows.rows.size(); ++row) {
        auto times = schedule_times(rows, row, zones);
        if (times)
            schedules.push_back(std::move(*times));
        else
            fmt::print(stderr, "`{}` cannot fire: {}\n", *rows.at(row, "name"), times.error());
    }
    return schedules;
}

db::Table table_of(const UpcomingTimes& upcoming, const std::vector<ScheduleTimes>& schedules,
                   base::Instant now) {
    db::Table table{.columns = {Column{"schedule", Type::text},
                                Column{"fire_time", Type::timestamp},
                                Column{"local_time", Type::text}, Column{"due_in_s", Type::number},
                                Column{"agent", Type::text}, Column{"cron", Type::text},
                                Column{"timezone", Type::text}},
                    .rows = {}};
    for (const auto& time : upcoming.times) {
        const auto& schedule = schedules[time.index];
        const auto due_in = std::chrono::duration<double>(time.at - now).count();
        table.rows.push_back({schedule.name, base::to_rfc3339(time.at),
                              cron::local_text(time.at, *schedule.rule.zone),
                              fmt::format("{:.3f}", due_in), schedule.agent, schedule.cron,
                              schedule.timezone});
    }
    return table;
}

int upcoming(const Invocation& invocation, const UpcomingOptions& options) {
    auto database = open_database(invocation);
    const auto rows = database->query("cli_schedule_times", db::params(options.schedule));
    if (rows.rows.empty() && options.schedule)
        no_such_schedule(*database.client, *options.schedule);
    const auto silence = options.schedule ? silence_of(rows) : "";
    if (!silence.empty()) fmt::print(stderr, "{}\n", silence);
    const auto schedules = silence.empty() ? firing_schedules(rows) : std::vector<ScheduleTimes>();
    const auto now = schedules.empty() ? base::SystemClock().now() : schedules.front().now;
    std::vector<Coming> coming;
    std::vector<ScheduleTimes> firing;
    for (const auto& schedule : schedules)
        if (coming_after(schedule)) firing.push_back(schedule);
    for (const auto& schedule : firing)
        coming.push_back({&schedule.rule, *coming_after(schedule), schedule.runs_left});
    const auto times = upcoming_times(coming, now + std::chrono::days(options.days), options.limit);
    print_rows(invocation, table_of(times, firing, now),
               {{"fire_time", "DUE", Show::instant},
                {"schedule", "SCHEDULE"},
                {"agent", "AGENT"},
                {"cron", "CRON"},
                {"local_time", "ON ITS CLOCK"},
                {"timezone", "ZONE"}},
               silence.empty() ? fmt::format("nothing is due within {} days", options.days) : "");
    if (times.more)
        fmt::print(stderr, "there are more within {} days: -n shows them\n", options.days);
    return 0;
}

} // namespace

void add_upcoming(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(app, "Look", "upcoming",
                                "Show what fires next, over all schedules in order of time",
                                "  agentcron upcoming                 of the next 7 days\n"
                                "  agentcron upcoming nightly --days 30\n"
                                "  agentcron upcoming -n 1000 --json | jq -r '.[].fire_time'\n");
    auto options = std::make_shared<UpcomingOptions>();
    command.add_option("NAME", options->schedule, "Only of this schedule");
    command.add_option("--days", options->days, "How far to look ahead (7)")
        ->option_text("N")
        ->check(CLI::Range(1, 36'600));
    command.add_option("-n,--limit", options->limit, "At most so many rows (50)")
        ->option_text("N")
        ->check(CLI::Range(1, 100'000));
    set_action(command, invocation,
               [&invocation, options] { return upcoming(invocation, *options); });
}

} // namespace agentcron::cli
