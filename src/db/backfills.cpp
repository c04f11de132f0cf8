#include "db/backfills.hpp"

#include "db/declared_row.hpp"
#include "schedule/forecast.hpp"
#include "schedule/validate.hpp"

namespace agentcron::db {
namespace {

// The next fire times of the span; a backfill counts for no max_runs.
struct Piece {
    std::vector<base::Instant> times;
    base::Instant cursor{};
    bool is_last = false;
};

Piece next_piece(const pqxx::row& row, schedule::Schedule& schedule,
                 const schedule::FireRule& rule) {
    schedule.max_runs.reset();
    const auto room = static_cast<std::size_t>(integer_of(row["room"]));
    const auto end = instant_of(row["to_at"]);
    Piece piece;
    // Fire times are whole seconds, and the first one may lie on the cursor itself.
    const auto after =
        std::chrono::ceil<base::Seconds>(instant_of(row["cursor"])) - base::Seconds(1);
    piece.times = schedule::coming_fire_times(
        schedule, rule, {.after = after, .before = end, .at_least = 0, .at_most = room});
    piece.is_last = piece.times.size() < room;
    piece.cursor = piece.is_last ? end : piece.times.back() + base::Seconds(1);
    return piece;
}

bool work_on(Session& session, const pqxx::row& row, cron::ZoneCache& zones, base::Instant now) {
    const auto id = integer_of(row["backfill_id"]);
    auto schedule = times_of(row);
    auto rule = schedule::fire_rule(schedule, zones);
    if (!rule) {
        session.run("backfill_failed", params(id, storable_text(rule.error())));
        return false;
    }
    rule->anchor(instant_of(row["created_at"]));
    const auto piece = next_piece(row, schedule, *rule);
    std::vector<std::string> times;
    for (const auto time : piece.times) times.push_back(timestamp_text(time));
    const auto done =
        session.run("backfill", params(id, array_text(times), piece.cursor, now, piece.is_last));
    return integer_of(done[0]["queued"]) > 0;
}

} // namespace

bool work_on_backfills(Session& session, cron::ZoneCache& zones, base::Instant now) {
    std::vector<std::int64_t> ids;
    for (const auto& row : session.run("lock_backfills", params()))
        ids.push_back(integer_of(row["id"]));
    if (ids.empty()) return false;
    bool queued = false;
    for (const auto& row : session.run("open_backfills", params(array_text(ids))))
        if (integer_of(row["room"]) > 0) queued |= work_on(session, row, zones, now);
    return queued;
}

} // namespace agentcron::db
