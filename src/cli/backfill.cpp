#include "base/timestamps.hpp"
#include "cli/backfill_progress.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/errors.hpp"
#include "cli/interrupt.hpp"
#include "cli/names.hpp"
#include "cli/rows.hpp"
#include "cli/schedule_times.hpp"
#include "cli/time_text.hpp"
#include "schedule/schedule.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::cli {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int look_every_ms = 500;
constexpr auto line_every = std::chrono::seconds(10); // where no terminal shows the changes
constexpr std::size_t listed_max = 100'000;

struct BackfillOptions {
    std::string schedule, from, to;
    std::string overlap = "queue_all";
    int at_once = 10;
    int priority = 200;
    bool dry_run = false;
    bool detach = false;
};

struct Span {
    base::Instant from{};
    base::Instant to{};
};

base::Instant instant_from(std::string_view name, const std::string& text, base::Instant now) {
    const auto parsed = parse_time(text, now);
    if (!parsed) throw UsageError(fmt::format("{}: {}", name, parsed.error()));
    return *parsed;
}

Span span_from(const BackfillOptions& options) {
    const auto now = base::SystemClock().now();
    const Span span{instant_from("FROM", options.from, now), instant_from("TO", options.to, now)};
    if (span.from >= span.to)
        throw UsageError(fmt::format("FROM comes before TO; {} is not before {}",
                                     base::to_rfc3339(span.from), base::to_rfc3339(span.to)));
    if (span.to > now)
        throw UsageError(fmt::format("TO is a time that has passed, and {} is to come",
                                     base::to_rfc3339(span.to)));
    return span;
}

// With instants: "now" and 02:00 are other times the next time.
std::string look_again(const BackfillOptions& options, Span span, std::int64_t id) {
    return fmt::format(
        "look again:  agentcron backfill {} {} {}\n"
        "      or:    agentcron sql -c 'select * from backfill_status where id = {}'",
        options.schedule, base::to_rfc3339(span.from), base::to_rfc3339(span.to), id);
}

// What a backfill would do with a fire time that has this row.
std::string intent(const std::string* status) {
    if (!status) return "run";
    return *status == "skipped" ? "run (was skipped)" : "keep";
}

int dry_run(const Invocation& invocation, const BackfillOptions& options, Span span) {
    auto database = open_database(invocation);
    const auto declared = database->query("cli_schedule_times", db::params(options.schedule));
    if (declared.rows.empty()) no_such_schedule(*database.client, options.schedule);
    cron::ZoneCache zones;
    const auto times = schedule_times(declared, 0, zones);
    if (!times)
        throw std::runtime_error(
            fmt::format("`{}` cannot fire: {}", options.schedule, times.error()));
    const auto made =
        database->query("cli_backfill_rows", db::params(options.schedule, span.from, span.to));
    std::map<std::string, std::size_t> rows; // by fire time
    for (std::size_t row = 0; row < made.rows.size(); ++row) rows[*made.at(row, "fire_time")] = row;
    using Type = db::Table::Type;
    db::Table table{.columns = {{"fire_time", Type::timestamp},
                                {"intent", Type::text},
                                {"task_id", Type::number},
                                {"status", Type::text},
                                {"reason", Type::text}},
                    .rows = {}};
    auto at = times->rule.next(span.from - base::Instant::duration(1));
    for (; at && *at < span.to && table.rows.size() < listed_max; at = times->rule.next(*at)) {
        const auto text = base::to_rfc3339(*at);
        const auto found = rows.find(text);
        if (found == rows.end()) {
            table.rows.push_back({text, intent(nullptr), {}, {}, {}});
            continue;
        }
        const auto field = [&](const char* column) { return made.at(found->second, column); };
        const auto status = *field("status");
        table.rows.push_back({text, intent(&status), field("task_id"), status, field("reason")});
    }
    print_rows(invocation, table,
               {{"fire_time", "DUE", Show::instant},
                {"intent", "WOULD"},
                {"task_id", "TASK", Show::number},
                {"status", "STATUS", Show::status}},
               "it fires at no time of that span");
    if (at && *at < span.to)
        fmt::print(stderr, "only the first {} fire times are listed\n", listed_max);
    return 0;
}

// On a terminal one line that changes; else a line now and then.
class ProgressPrinter {
public:
    void show(const BackfillProgress& progress) {
        const auto line = progress_line(progress);
        if (terminal_.is_terminal)
            fmt::print(stderr, "\r\x1b[K{}", cut_to_width(line, terminal_.columns - 1));
        else if (line != shown_ && (shown_.empty() || Steady::now() - shown_at_ >= line_every))
            fmt::print(stderr, "{}\n", line), shown_at_ = Steady::now();
        else
            return;
        shown_ = line;
        std::fflush(stderr);
    }
    // Once for each standstill.
    void warn(const std::string& words) {
        if (words != warned_ && !words.empty()) {
            end_line();
            fmt::print(stderr, "{}\n", words);
        }
        warned_ = words;
    }
    void end_line() const {
        if (terminal_.is_terminal && !shown_.empty()) fmt::print(stderr, "\r\x1b[K");
    }

private:
    Terminal terminal_ = terminal_of(STDERR_FILENO);
    std::string shown_, warned_;
    Steady::time_point shown_at_{};
};

db::Table followed(db::Client& client, const BackfillOptions& options, Span span, std::int64_t id) {
    const Interrupt interrupt;
    ProgressPrinter printer;
    while (true) {
        auto row = client.query("cli_backfill_status", db::params(id));
        const auto progress = backfill_progress(row);
        if (progress.has_ended()) {
            printer.end_line();
            return row;
        }
        printer.warn(standstill(progress));
        printer.show(progress);
        try {
            interrupt.wait_readable(client.descriptor(), look_every_ms);
        } catch (const Reported&) {
            printer.end_line();
            fmt::print(stderr, "backfill {} goes on without this command\n{}\n", id,
                       look_again(options, span, id));
            throw;
        }
    }
}

int backfill(const Invocation& invocation, const BackfillOptions& options) {
    const auto span = span_from(options);
    if (options.dry_run) return dry_run(invocation, options, span);
    auto database = open_database(invocation);
    const auto made = with_suggestion(*database.client, options.schedule, [&] {
        return database->query("cli_backfill",
                               db::params(options.schedule, span.from, span.to, options.overlap,
                                          options.at_once, options.priority));
    });
    const std::int64_t id = std::stoll(*made.at(0, "id"));
    if (options.detach) {
        const auto row = database->query("cli_backfill_status", db::params(id));
        if (const auto words = standstill(backfill_progress(row)); !words.empty())
            fmt::print(stderr, "{}\n", words);
        print_done(invocation, row,
                   fmt::format("backfill {} has begun\n{}", id, look_again(options, span, id)));
        return 0;
    }
    const auto row = followed(*database.client, options, span, id);
    const auto end = backfill_progress(row);
    if (!end.error.empty()) fmt::print(stderr, "agentcron: backfill {}: {}\n", id, end.error);
    print_done(invocation, row,
               fmt::format("backfill {} {}: {}", id,
                           end.state == "error" ? "failed" : "has finished", progress_line(end)));
    return end.went_well() ? 0 : 1;
}

} // namespace

void add_backfill(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "Act", "backfill", "Run the due times of a past span that have not run",
        "  agentcron backfill nightly 2026-03-01 2026-04-01 --dry-run\n"
        "                                        what it would do with each due time\n"
        "  agentcron backfill nightly 2026-03-01 2026-04-01\n"
        "                                        follows it; exit code 1 if a task fails\n"
        "  agentcron backfill nightly 02:00 now --detach --at-once 2\n"
        "FROM is included, TO is not. What has run stays; what was skipped runs. Called again it\n"
        "makes nothing twice.\n");
    auto options = std::make_shared<BackfillOptions>();
    command.add_option("NAME", options->schedule, "The schedule")->required();
    command.add_option("FROM", options->from, "From this time on, local unless it says otherwise")
        ->required();
    command.add_option("TO", options->to, "Up to this time, which is not included")->required();
    command
        .add_option("--overlap", options->overlap,
                    "What its tasks do while an earlier one runs (queue_all)")
        ->option_text("POLICY")
        ->check(CLI::IsMember(std::vector<std::string>(schedule::overlap_names().begin(),
                                                       schedule::overlap_names().end())));
    command.add_option("--at-once", options->at_once, "Unfinished tasks at a time (10)")
        ->option_text("N")
        ->check(CLI::Range(1, 1000));
    command.add_option("--priority", options->priority, "Lower runs first (200)")
        ->option_text("N")
        ->check(CLI::Range(0, 32'767));
    auto* dry = command.add_flag("--dry-run", options->dry_run, "Only list what it would do");
    command.add_flag("--detach", options->detach, "Do not wait for its end")->excludes(dry);
    set_action(command, invocation,
               [&invocation, options] { return backfill(invocation, *options); });
}

} // namespace agentcron::cli
