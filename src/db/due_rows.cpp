#include "db/due_rows.hpp"

#include "db/claim_rows.hpp"
#include "db/declared_row.hpp"
#include "schedule/due.hpp"
#include "schedule/validate.hpp"

namespace agentcron::db {
namespace {

using schedule::OverlapFate;

// The row of a fire time that does run, unless what is unfinished stands in its way.
DueRow row_of(const Planned& cursor, const schedule::DueTask& due,
              const schedule::OverlapPolicy& policy, bool keep_late,
              std::optional<std::int64_t> task_id, std::vector<schedule::Unfinished>& others) {
    DueRow row;
    row.task_id = task_id;
    row.schedule_id = cursor.id;
    row.fire_time = due.fire_time;
    row.fires_covered = due.fires_covered;
    row.covers_from = due.covers_from;
    row.run_at = due.run_at;
    row.trigger = due.caught_up || due.missed ? "catch_up" : "schedule";
    if (due.missed) {
        row.status = "skipped";
        row.reason = "missed";
        return row;
    }
    schedule::OverlapTask task;
    task.turn_at = due.run_at;
    task.keep = due.caught_up && keep_late;
    auto fate = at_entry(policy, task, others);
    if (fate.kind == OverlapFate::Kind::go) {
        others.push_back(
            {task_id.value_or(0), schedule::Unfinished::Standing::in_line, due.run_at, false});
        return row;
    }
    row.status = "skipped";
    row.reason = fate.kind == OverlapFate::Kind::skip_for_question ? "open_question" : "overlap";
    row.message = std::move(fate.message);
    row.because_of = fate.because_of;
    return row;
}

} // namespace

DueResult due_row(const pqxx::row& row, schedule::Facts& facts, cron::ZoneCache& zones,
                  const NewIds& new_ids) {
    DueResult result;
    auto& cursor = result.cursor;
    cursor.id = integer_of(row["id"]);
    cursor.rev = integer_of(row["rev"]);
    cursor.name = text_of(row["name"]);
    const auto schedule = times_of(row);
    auto rule = schedule::fire_rule(schedule, zones);
    if (!rule) { // the zone's file is gone, for instance
        cursor.error = rule.error();
        return result;
    }
    rule->anchor(instant_of(row["created_at"]));
    const auto runs = integer_of(row["runs"]);
    cursor.forecast = ForecastOf{cursor.id, schedule, *rule, runs};
    std::optional<base::Instant> from = instant_of(row["next_fire_at"]);
    const auto last = optional_instant(row["last_fire_at"]);
    // An old copy of the cursor was put back: what has its row, or is covered by one, is not due.
    if (last && *last >= *from) from = rule->next(*last);
    if (!from) return result;
    const auto plan = schedule::plan_due(schedule, *rule, *from, facts.now, runs);
    cursor.zone_version = version_text(*rule->zone);
    if (!plan.tasks.empty()) {
        const auto newest = plan.tasks.back().fire_time;
        cursor.last_fire = {newest, schedule::reading_at(*rule->zone, newest)};
    }
    const schedule::OverlapPolicy policy{schedule.overlap, schedule.while_waiting,
                                         static_cast<int>(integer_of(row["queue_max"]))};
    // Of several, a later one may be skipped because of an earlier one, by its id.
    std::vector<std::int64_t> ids;
    if (plan.tasks.size() > 1) ids = new_ids(plan.tasks.size());
    std::int64_t queued = 0;
    for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
        std::optional<std::int64_t> id;
        if (!ids.empty()) id = ids.at(i);
        result.rows.push_back(row_of(cursor, plan.tasks[i], policy,
                                     schedule.catch_up == schedule::CatchUp::all, id,
                                     facts.unfinished[cursor.id]));
        queued += result.rows.back().status == "queued";
    }
    cursor.next_fire_at = schedule::cursor_after(schedule, *rule, plan, runs + queued);
    return result;
}

Params materialise_params(const std::vector<DueRow>& rows, base::Instant now) {
    std::vector<std::int64_t> ids, covered;
    std::vector<std::string> times, run_ats, triggers, statuses, reasons;
    OptionalTexts covers_from, messages, because, task_ids;
    for (const auto& row : rows) {
        ids.push_back(row.schedule_id);
        times.push_back(timestamp_text(row.fire_time));
        covered.push_back(row.fires_covered);
        covers_from.emplace_back();
        if (row.covers_from) covers_from.back() = timestamp_text(*row.covers_from);
        run_ats.push_back(timestamp_text(row.run_at));
        triggers.push_back(row.trigger);
        statuses.push_back(row.status);
        reasons.push_back(row.reason);
        messages.push_back(row.message);
        because.push_back(optional_number(row.because_of));
        task_ids.push_back(optional_number(row.task_id));
    }
    return params(array_text(ids), array_text(times), array_text(covered), array_text(covers_from),
                  array_text(run_ats), array_text(triggers), array_text(statuses),
                  array_text(reasons), array_text(messages), array_text(because), now,
                  array_text(task_ids));
}

} // namespace agentcron::db
