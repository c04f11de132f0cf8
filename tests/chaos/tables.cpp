#include "chaos/tables.hpp"

#include <ctime>
#include <fstream>
#include <spdlog/fmt/fmt.h>

namespace agentcron::chaos {
namespace {

// An insert's snapshot tells whether it could see the end of its attempt. Columns are named in
// every statement of agentcron, so these are in nobody's way.
constexpr const char* observer = R"(
alter table agentcron.output add column seen pg_snapshot default pg_current_snapshot();
alter table agentcron.attempts add column ended_by xid8,
    add column late_changes integer not null default 0;
create function agentcron.observe_attempt() returns trigger language plpgsql as $$
begin
    if old.outcome is null and new.outcome is not null then
        new.ended_by := pg_current_xact_id();
    elsif old.outcome is not null and new is distinct from old then
        new.late_changes := old.late_changes + 1;
    end if;
    return new;
end $$;
create trigger observe_attempt before update on agentcron.attempts
    for each row execute function agentcron.observe_attempt();
)";

constexpr const char* micros = "(extract(epoch from {}) * 1000000)::bigint";

std::string at(const char* column) {
    return fmt::format(fmt::runtime(micros), column);
}

// Rows of a query, kept in a file as they come.
Rows read(Client& client, const std::string& name, const std::string& sql,
          const std::filesystem::path& keep_in) {
    auto rows = client.rows(sql);
    std::ofstream out(keep_in / (name + ".tsv"), std::ios::binary);
    for (const auto& row : rows) out << fmt::format("{}\n", fmt::join(row, "\t"));
    return rows;
}

std::int64_t integer(const std::string& text) {
    return text.empty() ? 0 : std::stoll(text);
}

std::optional<Micros> time_or_none(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return integer(text);
}

std::string unhex(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    return bytes;
}

void read_tasks(Client& client, const std::filesystem::path& keep_in, History& history) {
    const auto sql =
        fmt::format("select id, schedule_id, {}, {}, fires_covered, status, reason, attempt, "
                    "coalesce((spec #>> '{{retry,attempts}}')::integer, 1), run_no, message "
                    "from agentcron.tasks order by id",
                    at("fire_time"), at("covers_from"));
    for (const auto& row : read(client, "tasks", sql, keep_in))
        history.tasks[integer(row[0])] = {.id = integer(row[0]),
                                          .schedule_id = integer(row[1]),
                                          .fire_time = time_or_none(row[2]),
                                          .covers_from = time_or_none(row[3]),
                                          .fires_covered = static_cast<int>(integer(row[4])),
                                          .status = row[5],
                                          .reason = row[6],
                                          .attempt = static_cast<int>(integer(row[7])),
                                          .attempts_max = static_cast<int>(integer(row[8]))};
}

Run run_of(const std::vector<std::string>& row) {
    return {integer(row[0]), static_cast<int>(integer(row[1]))};
}

void read_attempts(Client& client, const std::map<int, std::string>& daemons,
                   const std::filesystem::path& keep_in, History& history) {
    const auto sql =
        fmt::format("select a.task_id, a.run_no, a.outcome, a.reason, a.exit_code, w.pid, {}, {}, "
                    "a.late_changes, a.attempt, a.message, "
                    "coalesce(a.message like 'answered while%', false)::integer "
                    "from agentcron.attempts a "
                    "left join agentcron.workers w on w.id = a.worker_id order by 1, 2",
                    at("a.started_at"), at("a.finished_at"));
    for (const auto& row : read(client, "attempts", sql, keep_in)) {
        const auto daemon = daemons.find(static_cast<int>(integer(row[5])));
        Attempt attempt{.run = run_of(row),
                        .outcome = row[2],
                        .reason = row[3],
                        .daemon = daemon == daemons.end() ? "unknown" : daemon->second,
                        .started = integer(row[6]) - utc_ahead(),
                        .finished = integer(row[7]) - utc_ahead(),
                        .late_changes = static_cast<int>(integer(row[8])),
                        .was_parking = row[11] == "1"};
        if (!row[4].empty()) attempt.exit_code = static_cast<int>(integer(row[4]));
        history.attempts[attempt.run] = std::move(attempt);
    }
}

void read_output(Client& client, const std::filesystem::path& keep_in, History& history) {
    const auto sql = "select o.task_id, o.run_no, o.stream, "
                     "encode(string_agg(o.body, '' order by o.seq), 'hex'), "
                     "count(*) filter (where pg_visible_in_snapshot(a.ended_by, o.seen)) "
                     "from agentcron.output o left join agentcron.attempts a "
                     "on a.task_id = o.task_id and a.run_no = o.run_no "
                     "where o.stream in ('out', 'err') group by 1, 2, 3 order by 1, 2, 3";
    for (const auto& row : read(client, "output", sql, keep_in)) {
        auto& attempt = history.attempts[run_of(row)];
        attempt.run = run_of(row);
        (row[2] == "out" ? attempt.out : attempt.err) = unhex(row[3]);
        attempt.late_output_rows += static_cast<int>(integer(row[4]));
    }
}

void read_questions(Client& client, const std::filesystem::path& keep_in, History& history) {
    const auto sql = fmt::format("select task_id, run_no, outcome, answer, {} "
                                 "from agentcron.questions order by id",
                                 at("closed_at"));
    for (const auto& row : read(client, "questions", sql, keep_in))
        history.questions.push_back({.run = run_of(row),
                                     .outcome = row[2],
                                     .answer = row[3],
                                     .closed = integer(row[4]) - utc_ahead()});
}

} // namespace

Micros monotonic_now() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
}

// Looked at once: whatever the clock does later, times are compared with one measure.
Micros utc_ahead() {
    static const Micros ahead = [] {
        timespec now{};
        ::clock_gettime(CLOCK_REALTIME, &now);
        return now.tv_sec * 1'000'000 + now.tv_nsec / 1000 - monotonic_now();
    }();
    return ahead;
}

void observe(Client& client) {
    client.rows(observer);
}

void read_tables(Client& client, const std::map<int, std::string>& daemons,
                 const std::filesystem::path& keep_in, History& history) {
    read_tasks(client, keep_in, history);
    read_attempts(client, daemons, keep_in, history);
    read_output(client, keep_in, history);
    read_questions(client, keep_in, history);
    for (const char* table : {"leases", "ready", "held"})
        history.rows_left[table] = static_cast<int>(
            integer(client.value(fmt::format("select count(*) from agentcron.{}", table))));
}

} // namespace agentcron::chaos
