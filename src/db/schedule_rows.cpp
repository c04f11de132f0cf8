#include "db/schedule_rows.hpp"

#include "base/check.hpp"
#include "schedule/validate.hpp"
#include "task/prompt.hpp"

#include <boost/json/parse.hpp>

namespace agentcron::db {
namespace {

using schedule::Overlap;
using schedule::WhileWaiting;

std::optional<std::string> prompt_error(const std::string& prompt, const std::string& params) {
    boost::system::error_code error;
    const auto value = boost::json::parse(params, error);
    if (error || !value.is_object()) return "params: not a JSON object";
    const auto errors = task::check_prompt(prompt, value.as_object());
    if (errors.empty()) return std::nullopt;
    return "prompt: " + errors.front().message;
}

schedule::Schedule declaration(const pqxx::row& row) {
    schedule::Schedule schedule;
    schedule.name = text_of(row["name"]);
    schedule.cron = text_of(row["cron"]);
    schedule.timezone = text_of(row["timezone"]);
    return schedule;
}

// The numbers that have limits, for their errors.
void read_policies(const pqxx::row& row, schedule::Schedule& schedule) {
    const auto seconds = [&](const char* column) { return base::Seconds(integer_of(row[column])); };
    schedule.catch_up_window = seconds("catch_up_window");
    schedule.catch_up_max = static_cast<int>(integer_of(row["catch_up_max"]));
    schedule.timeout = seconds("timeout");
    schedule.hold = seconds("hold");
    schedule.retry_attempts = static_cast<int>(integer_of(row["retry_attempts"]));
    schedule.retry_backoff = seconds("retry_backoff");
    schedule.retry_max_backoff = seconds("retry_max_backoff");
}

// Why this fire time does not run although it is due; nullopt: it runs.
std::optional<std::pair<std::string, std::string>> blocked_by(const schedule::Schedule& schedule,
                                                              const std::vector<Busy>& unfinished) {
    for (const auto& task : unfinished) {
        if (task.waits && schedule.while_waiting == WhileWaiting::skip)
            return std::pair(std::string("open_question"),
                             fmt::format("task {} waits for a person", task.task_id));
        if (!task.waits && schedule.overlap == Overlap::skip)
            return std::pair(std::string("overlap"),
                             fmt::format("task {} was not finished", task.task_id));
    }
    return std::nullopt;
}

DueRow due_row_of(std::int64_t id, const schedule::DueTask& due,
                  const std::optional<std::pair<std::string, std::string>>& blocked) {
    DueRow row{.schedule_id = id,
               .fire_time = due.fire_time,
               .fires_covered = due.fires_covered,
               .status = "skipped",
               .reason = "missed",
               .message = std::nullopt};
    if (due.missed) return row;
    if (blocked) {
        row.reason = blocked->first;
        row.message = blocked->second;
        return row;
    }
    row.status = "queued";
    row.reason = "";
    return row;
}

} // namespace

Planned plan_row(const pqxx::row& row, cron::ZoneCache& zones) {
    Planned planned;
    planned.id = integer_of(row["id"]);
    planned.rev = integer_of(row["rev"]);
    planned.name = text_of(row["name"]);
    auto schedule = declaration(row);
    schedule.agent = text_of(row["agent"]);
    schedule.prompt = text_of(row["prompt"]);
    schedule.params_json = text_of(row["params"]);
    read_policies(row, schedule);
    const auto validated = schedule::validate(schedule, zones);
    if (!validated)
        planned.error = validated.error();
    else if (!boolean_of(row["agent_known"]))
        planned.error = fmt::format("agent: there is no agent \"{}\"", schedule.agent);
    else
        planned.error = prompt_error(schedule.prompt, schedule.params_json);
    if (planned.error || !boolean_of(row["fires"])) return planned;
    planned.zone_version = version_text(*validated->zone);
    // An edit that did not touch the times keeps the cursor, and with it what is due.
    planned.next_fire_at = optional_instant(row["next_fire_at"]);
    if (!planned.next_fire_at)
        planned.next_fire_at =
            schedule::next_fire_time(validated->expression, *validated->zone,
                                     instant_of(row["created_at"]), instant_of(row["now"]));
    return planned;
}

std::string version_text(const cron::TimeZone& zone) {
    return fmt::format("{:016x}", zone.data_version());
}

Planned replan_row(const pqxx::row& row, cron::ZoneCache& zones) {
    Planned planned;
    planned.id = integer_of(row["id"]);
    planned.rev = integer_of(row["rev"]);
    planned.name = text_of(row["name"]);
    auto schedule = declaration(row);
    schedule.agent = "any"; // was checked when the declaration was read
    const auto validated = schedule::validate(schedule, zones);
    if (!validated) {
        planned.error = validated.error();
        return planned;
    }
    std::optional<schedule::LastFire> last;
    if (!row["last_fire_at"].is_null())
        last = {instant_of(row["last_fire_at"]), reading_of(row["last_fire_reading"])};
    planned.zone_version = version_text(*validated->zone);
    const auto now = instant_of(row["now"]);
    const auto cursor = instant_of(row["next_fire_at"]);
    // What is due and never fired stays due: only a last fire tells what was handled.
    planned.next_fire_at = !last && cursor <= now
                               ? cursor
                               : schedule::replan(validated->expression, *validated->zone,
                                                  instant_of(row["created_at"]), last, now);
    return planned;
}

BusySchedules busy_from(const pqxx::result& rows) {
    BusySchedules busy;
    for (const auto& row : rows)
        busy[integer_of(row["schedule_id"])].push_back(
            {integer_of(row["task_id"]), boolean_of(row["waits"])});
    return busy;
}

DueResult due_row(const pqxx::row& row, const BusySchedules& busy, cron::ZoneCache& zones) {
    DueResult result;
    auto& cursor = result.cursor;
    cursor.id = integer_of(row["id"]);
    cursor.rev = integer_of(row["rev"]);
    cursor.name = text_of(row["name"]);
    auto schedule = declaration(row);
    schedule.agent = "any"; // was checked when the declaration was read
    schedule.overlap = schedule::overlap_from(text_of(row["overlap"])).value();
    schedule.while_waiting = schedule::while_waiting_from(text_of(row["while_waiting"])).value();
    schedule.catch_up = schedule::catch_up_from(text_of(row["catch_up"])).value();
    schedule.catch_up_max = static_cast<int>(integer_of(row["catch_up_max"]));
    schedule.catch_up_window = base::Seconds(integer_of(row["catch_up_window"]));
    const auto validated = schedule::validate(schedule, zones);
    if (!validated) { // the zone's file is gone, for instance
        cursor.error = validated.error();
        return result;
    }
    const auto plan = schedule::plan_due(schedule, validated->expression, *validated->zone,
                                         instant_of(row["created_at"]),
                                         instant_of(row["next_fire_at"]), instant_of(row["now"]));
    cursor.next_fire_at = plan.next_fire_at;
    cursor.zone_version = version_text(*validated->zone);
    if (!plan.tasks.empty()) {
        const auto newest = plan.tasks.back().fire_time;
        cursor.last_fire = {newest, schedule::reading_at(*validated->zone, newest)};
    }
    const auto unfinished = busy.find(cursor.id);
    const auto blocked =
        unfinished == busy.end() ? std::nullopt : blocked_by(schedule, unfinished->second);
    for (const auto& due : plan.tasks) result.rows.push_back(due_row_of(cursor.id, due, blocked));
    return result;
}

} // namespace agentcron::db
