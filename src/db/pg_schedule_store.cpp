#include "db/pg_schedule_store.hpp"

#include "db/backfills.hpp"
#include "db/claim_rows.hpp"
#include "db/due_rows.hpp"
#include "db/schedule_rows.hpp"

#include <spdlog/spdlog.h>

namespace agentcron::db {
namespace {

constexpr std::size_t batch_rows = 500; // the LIMIT of both statements
// Of the scheduler's row: people take a scheduler for lost after 90 s.
constexpr base::Seconds heartbeat_every{20};
constexpr base::Seconds lost_after{90};

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

std::vector<ForecastOf> forecasts_of(std::vector<Planned>& planned) {
    std::vector<ForecastOf> forecasts;
    for (auto& p : planned)
        if (p.forecast) forecasts.push_back(std::move(*p.forecast));
    return forecasts;
}

// Declarations that changed get their cursor or their error.
void plan_declarations(Session& session, cron::ZoneCache& zones, schedule::Tick& tick) {
    const auto rows = session.run("unplanned_schedules", params(tick.database_now));
    if (rows.empty()) return;
    std::vector<Planned> planned;
    for (const auto& row : rows) planned.push_back(plan_row(row, zones));
    write_cursors(session, planned);
    session.run("announce_coming", {});
    write_forecasts(session, forecasts_of(planned), true, tick.database_now);
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
    const auto now = tick.database_now;
    const auto rows = session.run("due_schedules", params(now));
    if (rows.empty()) return;
    std::vector<std::int64_t> ids;
    for (const auto& row : rows) ids.push_back(integer_of(row["id"]));
    schedule::Facts facts;
    facts.now = now;
    add_unfinished(session.run("unfinished", params(array_text(ids))), facts);
    const auto new_ids = [&](std::size_t count) {
        std::vector<std::int64_t> drawn;
        for (const auto& id : session.run("new_task_ids", params(static_cast<std::int64_t>(count))))
            drawn.push_back(integer_of(id[0]));
        return drawn;
    };
    std::vector<DueRow> due;
    std::vector<Planned> cursors;
    for (const auto& row : rows) {
        auto result = due_row(row, facts, zones, new_ids);
        std::move(result.rows.begin(), result.rows.end(), std::back_inserter(due));
        cursors.push_back(std::move(result.cursor));
    }
    note_made(session.run("materialise", materialise_params(due, now)), tick);
    write_cursors(session, cursors);
    write_forecasts(session, forecasts_of(cursors), false, now);
    note_errors(cursors, tick);
    tick.more |= rows.size() == batch_rows;
}

} // namespace

PgScheduleStore::PgScheduleStore(boost::asio::io_context& loop, const std::string& conninfo,
                                 SchedulerIdentity identity, const base::Clock* clock,
                                 std::function<void(bool, std::string)> on_state)
    : identity_(std::move(identity))
    , clock_(clock)
    , thread_(loop, {.name = "schedule", .conninfo = conninfo, .batch_max = 1},
              std::move(on_state)) {}

// A scheduler that slept, or could not reach the database, was down: its next life has a new row.
PgScheduleStore::Life PgScheduleStore::say_alive(Session& session, base::Instant now) {
    if (life_.id.empty() || now - life_.seen_at > lost_after) {
        const auto row = session.run("scheduler_starts",
                                     params(identity_.host, identity_.pid, identity_.version));
        return {text_of(row[0]["id"]), now};
    }
    if (now - life_.seen_at < heartbeat_every) return life_;
    session.run("scheduler_lives", params(life_.id));
    return {life_.id, now};
}

void PgScheduleStore::run_tick(Session& session, schedule::Tick& tick) {
    tick = {};
    const auto now = [&](const pqxx::field& database) {
        return clock_ ? clock_->now() : instant_of(database);
    };
    tick.database_now = now(session.run("tick_now", params())[0]["now"]);
    next_life_ = say_alive(session, tick.database_now);
    // At the start, and when files of the system's zone data were replaced.
    if (!zones_.reload_changed().empty()) zones_checked_ = false;
    if (!zones_checked_) replan_old_zone_data(session, zones_, tick);
    plan_declarations(session, zones_, tick);
    const auto rung = session.run("ring_alarms", params(tick.database_now));
    tick.queued = integer_of(rung[0]["rung"]) > 0;
    if (!boot_told_) materialise_reboot(session, identity_.booted_at, tick);
    materialise_due(session, zones_, tick);
    tick.queued |= work_on_backfills(session, zones_, tick.database_now);
    const auto next = session.run("next_due", params());
    tick.next_at = optional_instant(next[0]["next_at"]);
    tick.database_now = now(next[0]["now"]);
    tick.local_now = clock_ ? clock_->now() : base::SystemClock().now();
}

void PgScheduleStore::tick(std::function<void(schedule::Tick)> then) {
    auto tick = std::make_shared<schedule::Tick>();
    thread_.post({.run = [this, tick](Session& session) { run_tick(session, *tick); },
                  .committed =
                      [this, tick] {
                          life_ = next_life_;
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

void PgScheduleStore::stopped(std::function<void()> then) {
    thread_.post({.run =
                      [this](Session& session) {
                          if (!life_.id.empty()) session.run("scheduler_stopped", params(life_.id));
                      },
                  .committed = nullptr,
                  .done = then,
                  .refused = [then](const std::string&) { then(); }});
}

void PgScheduleStore::announce_ready() {
    thread_.post({.run = [](Session& session) { session.run("announce", params("ready")); },
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
