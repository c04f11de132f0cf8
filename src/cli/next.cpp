#include "base/timestamps.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/errors.hpp"
#include "cli/names.hpp"
#include "cli/rows.hpp"
#include "cli/time_text.hpp"
#include "cron/batch.hpp"
#include "cron/explain.hpp"
#include "cron/instant_text.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::cli {
namespace {

namespace json = boost::json;

struct NextOptions {
    std::vector<std::string> words;
    std::string zone = "UTC";
    std::string from;
    std::size_t count = 5;
    bool from_stdin = false;
    std::string schedule;
};

struct Asked {
    std::string expression;
    std::string zone;
    std::string job_id; // what H is computed from: the schedule's name
    std::chrono::sys_seconds anchor;
    std::chrono::sys_seconds from;
};

std::chrono::sys_seconds whole_seconds(base::Instant instant) {
    return std::chrono::floor<std::chrono::seconds>(instant);
}

Asked asked_of_schedule(const Invocation& invocation, const std::string& name,
                        std::chrono::sys_seconds from) {
    auto database = open_database(invocation);
    const auto row = database->query("cli_schedule_times", db::params(name));
    if (row.rows.empty()) no_such_schedule(*database.client, name);
    const auto created = base::from_rfc3339(*row.at(0, "created_at"));
    return {*row.at(0, "cron"), *row.at(0, "timezone"), name,
            created ? whole_seconds(*created) : from, from};
}

Asked asked_from(const Invocation& invocation, const NextOptions& options) {
    const auto now = base::SystemClock().now();
    auto from = whole_seconds(now);
    if (!options.from.empty()) {
        const auto parsed = parse_time(options.from, now);
        if (!parsed) throw UsageError("--from: " + parsed.error());
        from = whole_seconds(*parsed);
    }
    if (options.schedule.empty() == options.words.empty())
        throw UsageError("name one: a cron expression in quotes, or --schedule NAME");
    if (!options.schedule.empty()) return asked_of_schedule(invocation, options.schedule, from);
    return {fmt::format("{}", fmt::join(options.words, " ")), options.zone, "", from, from};
}

json::object object_from(const Asked& asked, const cron::Explanation& explained) {
    json::object object{{"expr", asked.expression},
                        {"canonical", explained.canonical},
                        {"description", explained.description},
                        {"tz", asked.zone},
                        {"never", explained.never}};
    auto& warnings = object["warnings"].emplace_array();
    for (const auto& lint : explained.warnings) warnings.emplace_back(lint.text);
    auto& next = object["next"].emplace_array();
    for (const auto& time : explained.times)
        next.push_back({{"utc", time.utc}, {"local", time.local}, {"note", time.note}});
    return object;
}

void print_for_people(const cron::Explanation& explained) {
    const auto terminal = terminal_of(STDOUT_FILENO);
    fmt::print("{}  {}\n", explained.canonical, explained.description);
    if (!explained.day_fields.empty()) fmt::print("{}\n", explained.day_fields);
    std::fflush(stdout);
    for (const auto& lint : explained.warnings) fmt::print(stderr, "warning: {}\n", lint.text);
    if (explained.reboot) fmt::print(stderr, "it runs when the scheduler starts\n");
    if (explained.never) fmt::print(stderr, "it never fires\n");
    if (explained.times.empty()) {
        if (!explained.never && !explained.reboot)
            fmt::print(stderr,
                       "it does not fire again after that: its fire times are in the past\n");
        return;
    }
    TextTable table{{{"LOCAL"}, {"DAY"}, {"UTC"}, {"FROM NOW"}, {"NOTE", false, true}}, {}};
    const auto now = whole_seconds(base::SystemClock().now());
    for (const auto& time : explained.times)
        table.rows.push_back({{time.local},
                              {time.weekday},
                              {time.utc},
                              {cron::distance_text(time.at, now)},
                              {time.note}});
    write_out(format_table(table, {terminal.columns, terminal.colour}));
}

int next(const Invocation& invocation, const NextOptions& options) {
    const auto asked = asked_from(invocation, options);
    const auto zone = cron::TimeZone::load(asked.zone);
    if (!zone) throw UsageError(zone.error().message());
    const auto expression =
        cron::parse(asked.expression, {.job_id = asked.job_id, .anchor = asked.anchor});
    if (!expression) throw UsageError(expression.error().message());
    const auto explained = cron::explain(*expression, **zone, asked.from, options.count);
    if (invocation.json)
        write_out(json::serialize(object_from(asked, explained)) + "\n");
    else
        print_for_people(explained);
    return 0;
}

// Lines come from pipes that wait for each answer, and from files of a million: what is buffered is
// written before every read that might wait.
int answer_lines() {
    cron::ZoneCache zones;
    cron::Batch batch(zones, whole_seconds(base::SystemClock().now()));
    std::ios::sync_with_stdio(false);
    std::string line;
    while (std::getline(std::cin, line)) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        write_out(batch.answer(line) + "\n");
        if (std::cin.rdbuf()->in_avail() <= 0) std::fflush(stdout);
    }
    return 0;
}

} // namespace

void add_next(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "Declare", "next", "Say when a cron expression fires, and explain it",
        "  agentcron next \"30 2 * * mon-fri\" --tz Europe/Berlin\n"
        "  agentcron next \"0 0 29 2 *\" --count 3 --from 2026-01-01\n"
        "  agentcron next --schedule nightly      of a schedule in the database\n"
        "  agentcron next --stdin < lines.json    {\"id\",\"expr\",\"tz\",\"from\",\"count\"} per "
        "line\n");
    auto options = std::make_shared<NextOptions>();
    command.add_option("EXPR", options->words, "Five, six or seven fields, @daily, @every 90m ...");
    command.add_option("--tz", options->zone, "Time zone, such as Europe/Berlin (UTC)")
        ->option_text("ZONE");
    command.add_option("--from", options->from, "Only after this time (now)")->option_text("TIME");
    command.add_option("--count", options->count, "How many times (5)")
        ->option_text("N")
        ->check(CLI::Range(std::size_t{0}, cron::explained_times_max));
    command.add_flag("--stdin", options->from_stdin, "Answer JSON lines from stdin");
    command.add_option("--schedule", options->schedule, "Of this schedule in the database")
        ->option_text("NAME");
    set_action(command, invocation, [&invocation, options] {
        return options->from_stdin ? answer_lines() : next(invocation, *options);
    });
}

} // namespace agentcron::cli
