#include "cron/explain.hpp"

#include "cron/clock_notes.hpp"
#include "cron/describe.hpp"
#include "cron/instant_text.hpp"
#include "cron/words.hpp"

#include <algorithm>

namespace agentcron::cron {
namespace {

using std::chrono::sys_seconds;

// Readings lost between two fire times to changes too large to be made up for.
std::string lost_since(const Expression& expression, const TimeZone& zone, sys_seconds before,
                       sys_seconds time) {
    const auto* segment = &zone.segment_at(time.time_since_epoch().count());
    for (; segment->from > before.time_since_epoch().count(); --segment)
        if (segment->change > daylight_change_max)
            if (std::string note = note_on_change(expression, *segment); !note.empty()) return note;
    return "";
}

ExplainedTime explain_time(const Expression& expression, const TimeZone& zone, sys_seconds before,
                           sys_seconds time) {
    const auto reading = time + zone.offset_at(time);
    const std::chrono::weekday weekday{std::chrono::floor<std::chrono::days>(reading)};
    std::string note = note_on_fire_time(expression, zone, time);
    if (note.empty()) note = lost_since(expression, zone, before, time);
    return {time, weekday_name(static_cast<int>(weekday.c_encoding())), local_text(time, zone),
            utc_text(time), std::move(note)};
}

} // namespace

Explanation explain(const Expression& expression, const TimeZone& zone, sys_seconds from,
                    std::size_t count) {
    Explanation out;
    out.canonical = expression.canonical();
    out.description = describe(expression);
    out.day_fields = describe_day_fields(expression);
    out.warnings = lint(expression, zone, from);
    out.reboot = expression.is_reboot();
    out.never = !can_ever_fire(expression, zone);
    count = std::min(count, explained_times_max);
    sys_seconds before = from;
    for (const sys_seconds time : FireTimes(expression, zone, from)) {
        if (out.times.size() == count) break;
        out.times.push_back(explain_time(expression, zone, before, time));
        before = time;
    }
    return out;
}

} // namespace agentcron::cron
