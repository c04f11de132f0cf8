#include "db/forecasts.hpp"

#include "schedule/forecast.hpp"

#include <set>

namespace agentcron::db {
namespace {

constexpr base::Seconds horizon{14 * 86'400};
constexpr std::size_t fires_min = 3; // of what fires rarely
constexpr std::size_t fires_max = 64;

std::set<std::int64_t> running_short(Session& session, const std::vector<ForecastOf>& of,
                                     base::Instant now) {
    std::vector<std::int64_t> ids;
    for (const auto& one : of) ids.push_back(one.schedule_id);
    std::set<std::int64_t> shorts;
    for (const auto& row : session.run("short_forecasts", params(array_text(ids), now)))
        shorts.insert(integer_of(row["id"]));
    return shorts;
}

} // namespace

void write_forecasts(Session& session, const std::vector<ForecastOf>& of, bool changed,
                     base::Instant now) {
    if (of.empty()) return;
    std::set<std::int64_t> shorts;
    if (!changed) shorts = running_short(session, of, now);
    std::vector<std::int64_t> ids;
    std::vector<std::string> arrays;
    for (const auto& one : of) {
        if (!changed && !shorts.contains(one.schedule_id)) continue;
        std::vector<std::string> times;
        if (one.fires)
            for (const auto time : schedule::coming_fire_times(one.schedule, one.rule,
                                                               {.after = now,
                                                               .before = now + horizon,
                                                               .at_least = fires_min,
                                                               .at_most = fires_max},
                                                               one.runs))
                times.push_back(timestamp_text(time));
        ids.push_back(one.schedule_id);
        arrays.push_back(array_text(times));
    }
    if (!ids.empty()) session.run("forecast", params(array_text(ids), array_text(arrays)));
}

} // namespace agentcron::db
