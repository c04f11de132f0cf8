#include "base/timestamps.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/errors.hpp"
#include "cli/fire_verdict.hpp"
#include "cli/names.hpp"
#include "cli/rows.hpp"
#include "cli/schedule_times.hpp"
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

using Fields = std::vector<std::optional<std::string>>;

// A row as the view's, for an instant that has none.
Fields fields_for(const db::Table& like, base::Instant at, std::string_view kind,
                  const std::string& explanation) {
    Fields fields;
    for (const auto& column : like.columns) {
        auto& field = fields.emplace_back();
        if (column.name == "fire_time") field = base::to_rfc3339(at);
        if (column.name == "kind") field = std::string(kind);
        if (column.name == "explanation") field = explanation;
        if (column.name == "reason") field = "";
        if (column.name == "fires_covered") field = "0";
    }
    return fields;
}

std::optional<PausedSpan> pause_at(db::Client& client, const std::string& schedule,
                                   base::Instant at) {
    const auto rows = client.query("cli_why_pause", db::params(schedule, at));
    if (rows.rows.empty()) return std::nullopt;
    PausedSpan pause{.from = *base::from_rfc3339(*rows.at(0, "paused_at")),
                     .until = std::nullopt,
                     .by = rows.at(0, "paused_by").value_or(""),
                     .reason = rows.at(0, "reason").value_or("")};
    if (const auto& resumed = rows.at(0, "resumed_at")) pause.until = *base::from_rfc3339(*resumed);
    return pause;
}

// The due time was folded into a later one, whose row is all there is.
Fields covered_fields(const db::Table& rows, base::Instant at) {
    auto fields =
        fields_for(rows, at, "covered",
                   fmt::format("task {}, due {}, stood for it: {}", *rows.at(0, "task_id"),
                               *rows.at(0, "fire_time"), *rows.at(0, "explanation")));
    for (std::size_t column = 0; column < fields.size(); ++column)
        if (!fields[column]) fields[column] = rows.rows[0][column];
    return fields;
}

// One row that answers for any instant; where nothing was due, with the due times next to it.
db::Table why_at(db::Client& client, const std::string& schedule, base::Instant at) {
    const auto declared = client.query("cli_schedule_times", db::params(schedule));
    if (declared.rows.empty()) no_such_schedule(client, schedule);
    auto rows = client.query("cli_why_at", db::params(schedule, at));
    if (!rows.rows.empty() && rows.at(0, "fire_time") == base::to_rfc3339(at)) return rows;
    cron::ZoneCache zones;
    const auto times = schedule_times(declared, 0, zones);
    if (!times) {
        rows.rows = {fields_for(rows, at, "error", "cannot fire: " + times.error())};
        return rows;
    }
    if (!rows.rows.empty() && matches(times->rule, at)) {
        rows.rows = {covered_fields(rows, at)};
        return rows;
    }
    const auto said = verdict({.cron = times->cron,
                               .timezone = times->timezone,
                               .rule = times->rule,
                               .created_at = times->created_at,
                               .now = times->now,
                               .enabled = declared.at(0, "enabled") == "t",
                               .pause = pause_at(client, schedule, at)},
                              at);
    rows.rows.clear();
    if (said.kind == Verdict::Kind::not_due)
        rows = client.query("cli_why_around", db::params(schedule, at));
    const auto later = std::find_if(rows.rows.begin(), rows.rows.end(), [&](const Fields& row) {
        return *base::from_rfc3339(*row.front()) > at; // fire_time comes first
    });
    rows.rows.insert(later, fields_for(rows, at, name(said.kind), said.words));
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
    auto rows = time ? why_at(*database.client, options.schedule, *time)
                     : database->query("cli_why", db::params(options.schedule, options.limit));
    if (rows.rows.empty()) no_such_schedule(*database.client, options.schedule);
    print_rows(invocation, rows,
               {{"fire_time", "DUE", Show::instant},
                {"task_id", "TASK", Show::number},
                {"status", "STATUS", Show::status},
                // Who asks for one time wants the whole answer.
                {"explanation", "WHY", time ? Show::text : Show::words}},
               "");
    return 0;
}

} // namespace

void add_why(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "Look", "why", "Say what became of a schedule's due times, and why it did not run",
        "  agentcron why nightly                       the latest, and what comes next\n"
        "  agentcron why nightly 02:30                 of any time: here today\n"
        "  agentcron why nightly 2026-03-29T01:00:00Z\n"
        "  agentcron why nightly --json | jq -r '.[].explanation'\n");
    auto options = std::make_shared<WhyOptions>();
    command.add_option("NAME", options->schedule, "The schedule")->required();
    command.add_option("TIME", options->time, "Any time, local unless it says otherwise");
    command.add_option("-n,--limit", options->limit, "At most so many rows (20)")
        ->option_text("N")
        ->check(CLI::Range(1, 100'000));
    set_action(command, invocation, [&invocation, options] { return why(invocation, *options); });
}

} // namespace agentcron::cli
