#include "cron/fire_times.hpp"

#include "cron/readings.hpp"

#include <algorithm>

namespace agentcron::cron {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

// Two days around the supported local years: offsets are smaller than that.
constexpr std::int64_t search_start = -2 * 86400;
constexpr std::int64_t search_end = end_of_readings + 2 * 86400;

bool is_gap(const ZoneSegment& s) {
    return s.change > 0;
}
bool is_daylight(const ZoneSegment& s) {
    return s.change <= daylight_change_max && s.change >= -daylight_change_max;
}

// What one pattern does at the change where a segment starts.
bool runs_lost_readings(const CalendarPattern& p, const ZoneSegment& s) {
    return is_gap(s) && is_daylight(s) && !p.every_hour;
}
bool skips_second_pass(const CalendarPattern& p, const ZoneSegment& s) {
    return s.change < 0 && is_daylight(s) && !p.interval;
}

// The reading at which regular runs of a segment start: its first, or, where the repeated ones do
// not count, the first new one. Not for the first segment, which has no start.
std::int64_t first_regular_reading(const CalendarPattern& p, const ZoneSegment& s) {
    return s.from + s.offset - (skips_second_pass(p, s) ? s.change : 0);
}

// Walks the segments. The first matching reading `match` at or after the reading where the walk
// stands is kept over changes as long as it stays the first, so most steps cost no search.
std::optional<sys_seconds> next_in(const CalendarPattern& p, const TimeZone& zone,
                                   std::int64_t start) {
    const ZoneSegment* segment = &zone.segment_at(start);
    const ZoneSegment* const last = &zone.segments().back();
    std::int64_t reading = start + segment->offset;
    if (segment->change != 0) {
        if (start == segment->from && runs_lost_readings(p, *segment) &&
            next_reading(p, reading - segment->change) < reading)
            return sys_seconds{seconds{start}};
        reading = std::max(reading, first_regular_reading(p, *segment));
    }
    std::int64_t match = next_reading(p, reading);
    while (segment != last && match >= segment->until + segment->offset) {
        ++segment;
        const std::int64_t first = segment->from + segment->offset;
        if (is_gap(*segment)) {
            if (match < first) {
                if (runs_lost_readings(p, *segment)) return sys_seconds{seconds{segment->from}};
                match = next_reading(p, first);
            }
            reading = first;
        } else {
            const std::int64_t regular = first_regular_reading(p, *segment);
            if (regular < reading) match = next_reading(p, regular);
            reading = regular;
        }
    }
    if (match == no_next_reading) return std::nullopt;
    return sys_seconds{seconds{match - segment->offset}};
}

std::optional<sys_seconds> previous_in(const CalendarPattern& p, const TimeZone& zone,
                                       std::int64_t start) {
    const ZoneSegment* segment = &zone.segment_at(start);
    const ZoneSegment* const first = &zone.segments().front();
    std::int64_t reading = start + segment->offset;
    std::int64_t match = previous_reading(p, reading);
    while (segment != first && match < first_regular_reading(p, *segment)) {
        const std::int64_t lost_from = segment->from + segment->offset - segment->change;
        if (is_gap(*segment) && match >= lost_from && runs_lost_readings(p, *segment))
            return sys_seconds{seconds{segment->from}};
        // The segment before ends with the reading just below `lost_from`, also in an overlap.
        if (match >= lost_from || reading < lost_from - 1)
            match = previous_reading(p, lost_from - 1);
        reading = lost_from - 1;
        --segment;
    }
    if (match == no_previous_reading) return std::nullopt;
    return sys_seconds{seconds{match - segment->offset}};
}

// anchor + k * period with k >= 1.
std::optional<sys_seconds> next_every(const Expression& e, sys_seconds after) {
    const std::int64_t period = e.period().count();
    const std::int64_t past = (after - e.anchor()).count();
    const std::int64_t k = past < period ? 1 : past / period + 1;
    const sys_seconds time = e.anchor() + seconds{k * period};
    if (time.time_since_epoch().count() >= end_of_readings) return std::nullopt;
    return time;
}
std::optional<sys_seconds> previous_every(const Expression& e, sys_seconds before) {
    const std::int64_t period = e.period().count();
    before = std::min(before, sys_seconds{seconds{end_of_readings}});
    const std::int64_t past = (before - e.anchor()).count();
    if (past <= period) return std::nullopt;
    return e.anchor() + seconds{(past - 1) / period * period};
}

sys_seconds clamp(sys_seconds instant) {
    return std::clamp(instant, sys_seconds{seconds{search_start}},
                      sys_seconds{seconds{search_end}});
}

} // namespace

std::optional<sys_seconds> next(const Expression& expression, const TimeZone& zone,
                                sys_seconds after) {
    after = clamp(after);
    switch (expression.kind()) {
    case Kind::calendar:
        return next_in(expression.calendar(), zone, after.time_since_epoch().count() + 1);
    case Kind::every: return next_every(expression, after);
    case Kind::reboot: return std::nullopt;
    }
    return std::nullopt;
}

std::optional<sys_seconds> previous(const Expression& expression, const TimeZone& zone,
                                    sys_seconds before) {
    before = clamp(before);
    switch (expression.kind()) {
    case Kind::calendar:
        return previous_in(expression.calendar(), zone, before.time_since_epoch().count() - 1);
    case Kind::every: return previous_every(expression, before);
    case Kind::reboot: return std::nullopt;
    }
    return std::nullopt;
}

std::optional<sys_seconds> next_after_rule_change(const Expression& expression,
                                                  const TimeZone& zone, sys_seconds last,
                                                  std::chrono::local_seconds last_reading) {
    const auto reading = [&zone](sys_seconds time) {
        return time.time_since_epoch() + zone.offset_at(time);
    };
    // Periods have no readings.
    if (expression.kind() != Kind::calendar) return next(expression, zone, last);
    const seconds moved = reading(last) - last_reading.time_since_epoch();
    if (moved == seconds{0}) return next(expression, zone, last);
    const bool may_be_past = moved > seconds{0} && !expression.calendar().interval;
    auto time = next(expression, zone, may_be_past ? last - moved : last);
    while (time && (*time == last || reading(*time) <= last_reading.time_since_epoch()))
        time = next(expression, zone, *time);
    return time;
}

bool can_ever_fire(const Expression& expression, const TimeZone& zone) {
    if (expression.is_reboot()) return true;
    return next(expression, zone, sys_seconds::min()).has_value();
}

} // namespace agentcron::cron
