#include "db/pg_schedule_store.hpp"

#include "db/schedule_rows.hpp"

#include <spdlog/spdlog.h>

namespace agentcron::db {
namespace {

constexpr std::size_t batch_rows = 500; // the LIMIT of both statements

using OptionalTexts = std::vector<std::optional<std::string>>;

void write_cursors(Session& session, const std::vector<Planned>& planned) {
    std::vector<std::int64_t> ids, revs;
    OptionalTexts next, errors, zones, fires, readings;
    for (const auto& p : planned) {
        ids.push_back(p.id);
        revs.push_back(p.rev);
        next.emplace_back();
        if (p.next_fire_at) next.back() = timestamp_text(*p.next_fire_at);
        errors.emplace_back();
        if (p.error) errors.back() = storable_text(*p.error);
        zones.push_back(p.zone_version);
        fires.emplace_back();
        readings.emplace_back();
        if (!p.last_fire) continue;
        fires.back() = timestamp_text(p.last_fire->at);
        readings.back() = reading_text(p.last_fire->reading);
    }
    session.run("plan_schedules",
                params(array_text(ids), array_text(revs), array_text(next), array_text(errors),
                       array_text(zones), array_text(fires), array_text(readings)));
}

void note_errors(const std::vector<Planned>& planned, schedule::Tick& tick) {
    for (const auto& p : planned)
        if (p.error) tick.errors.push_back(fmt::format("schedule `{}`: {}", p.name, *p.error));
}

// Declarations that changed get their cursor or their error.
void plan_declarations(Session& session, cron::ZoneCache& zones, schedule::Tick& tick) {
    const auto rows = session.run("unplanned_schedules", params());
    if (rows.empty()) return;
    std::vector<Planned> planned;
    for (const auto& row : rows) planned.push_back(plan_row(row, zones));
    write_cursors(session, planned);
    note_errors(planned, tick);
    tick.more |= rows.size() == batch_rows;
}

void note_made(const pqxx::result& made, schedule::Tick& tick) {
    for (const auto& row : made)
        tick.tasks.push_back({.task_id = integer_of(row["id"]),
                              .schedule = text_of(row["schedule"]),
                              .fire_time = instant_of(row["fire_time"]),
                              .status = text_of(row["status"]),
                              .reason = text_of(row["reason"])});
}

// Schedules that run when a machine starts: looked at once, by the first tick of this process.
void materialise_reboot(Session& session, base::Instant booted_at, schedule::Tick& tick) {
    note_made(session.run("materialise_reboot", params(booted_at)), tick);
}

void write_tasks(Session& session, const std::vector<DueRow>& due, schedule::Tick& tick) {
    std::vector<std::int64_t> ids, covered;
    std::vector<std::string> times, statuses, reasons;
    std::vector<std::optional<std::string>> messages;
    for (const auto& row : due) {
        ids.push_back(row.schedule_id);
        times.push_back(timestamp_text(row.fire_time));
        covered.push_back(row.fires_covered);
        statuses.push_back(row.status);
        reasons.push_back(row.reason);
        messages.push_back(row.message);
    }
    const auto made = session.run("materialise", params(array_text(ids), array_text(times),
                                                        array_text(covered), array_text(statuses),
                                                        array_text(reasons), array_text(messages)));
    note_made(made, tick);
}

// Fire times that were computed with other zone data than is installed now are computed again.
void replan_old_zone_data(Session& session, cron::ZoneCache& zones, schedule::Tick& tick) {
    for (const auto& use : session.run("zones_in_use", params())) {
        const auto zone = zones.load(text_of(use["timezone"]));
        if (!zone || version_text(**zone) == text_of(use["zone_version"])) continue;
        const auto rows = session.run("schedules_of_old_zone_data",
                                      params(text_of(use["timezone"]), version_text(**zone)));
        if (rows.empty()) continue;
        std::vector<Planned> planned;
        for (const auto& row : rows) planned.push_back(replan_row(row, zones));
        write_cursors(session, planned);
        note_errors(planned, tick);
        spdlog::info("zone data changed, fire times computed again zone={} schedules={}",
                     (*zone)->name(), rows.size());
        tick.more |= rows.size() == batch_rows;
    }
}

// Due times become rows, and the cursors move past them.
void materialise_due(Session& session, cron::ZoneCache& zones, schedule::Tick& tick) {
    const auto rows = session.run("due_schedules", params());
    if (rows.empty()) return;
    std::vector<std::int64_t> ids;
    for (const auto& row : rows) ids.push_back(integer_of(row["id"]));
    const auto busy = busy_from(session.run("busy_schedules", params(array_text(ids))));
    std::vector<DueRow> due;
    std::vector<Planned> cursors;
    for (const auto& row : rows) {
        auto result = due_row(row, busy, zones);
        std::move(result.rows.begin(), result.rows.end(), std::back_inserter(due));
        cursors.push_back(std::move(result.cursor));
    }
    write_tasks(session, due, tick);
    write_cursors(session, cursors);
    note_errors(cursors, tick);
    tick.more |= rows.size() == batch_rows;
}

} // namespace

PgScheduleStore::PgScheduleStore(boost::asio::io_context& loop, const std::string& conninfo,
                                 base::Instant booted_at,
                                 std::function<void(bool, std::string)> on_state)
    : booted_at_(booted_at)
    , thread_(loop, {.name = "schedule", .conninfo = conninfo, .batch_max = 1},
              std::move(on_state)) {}

void PgScheduleStore::tick(std::function<void(schedule::Tick)> then) {
    auto tick = std::make_shared<schedule::Tick>();
    thread_.post({.run =
                      [this, tick](Session& session) {
                          *tick = {};
                          // At the start, and when files of the system's zone data were replaced.
                          if (!zones_.reload_changed().empty()) zones_checked_ = false;
                          if (!zones_checked_) replan_old_zone_data(session, zones_, *tick);
                          plan_declarations(session, zones_, *tick);
                          if (!boot_told_) materialise_reboot(session, booted_at_, *tick);
                          materialise_due(session, zones_, *tick);
                          const auto next = session.run("next_due", params());
                          tick->next_fire_at = optional_instant(next[0]["next_fire_at"]);
                          tick->database_now = instant_of(next[0]["now"]);
                      },
                  .committed =
                      [this, tick] {
                          zones_checked_ = zones_checked_ || !tick->more;
                          boot_told_ = boot_told_ || !tick->more;
                      },
                  .done = [tick, then] { then(std::move(*tick)); },
                  .refused =
                      [then](const std::string& error) {
                          spdlog::error("database refused a scheduler tick: {}", error);
                          then({});
                      }});
}

void PgScheduleStore::announce_ready() {
    thread_.post({.run = [](Session& session) { session.run("announce_ready", params()); },
                  .committed = nullptr,
                  .done = nullptr,
                  .refused = nullptr});
}

void PgScheduleStore::apply(std::vector<agent::Profile> agents,
                            std::vector<schedule::Schedule> schedules, std::string origin,
                            std::function<void(Applied)> then) {
    auto applied = std::make_shared<Applied>();
    thread_.post({.run =
                      [=](Session& session) {
                          *applied = apply_declarations(session.connection, session.tx, agents,
                                                        schedules, origin);
                      },
                  .committed = nullptr,
                  .done = [applied, then] { then(std::move(*applied)); },
                  .refused =
                      [](const std::string& error) {
                          spdlog::error("database refused the declarations: {}", error);
                      }});
}

} // namespace agentcron::db
