#include "cron/clock_notes.hpp"

#include "cron/readings.hpp"
#include "cron/words.hpp"

#include <algorithm>
#include <cstdlib>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {
namespace {

constexpr std::size_t listed_readings_max = 3;

struct Readings {
    std::vector<std::string> times; // the first few
    std::int64_t first = 0;
    bool more = false;

    bool empty() const { return times.empty(); }
    bool one() const { return times.size() == 1 && !more; }
    std::string text() const {
        if (!more) return join_words(times);
        std::string out;
        for (const std::string& time : times) out += time + ", ";
        return out + "...";
    }
};

// The matching readings in [from, until).
Readings readings_between(const CalendarPattern& p, std::int64_t from, std::int64_t until) {
    Readings found;
    std::int64_t reading = next_reading(p, from);
    found.first = reading;
    for (; reading < until; reading = next_reading(p, reading + 1)) {
        if (found.times.size() == listed_readings_max) {
            found.more = true;
            break;
        }
        found.times.push_back(time_text(reading));
    }
    return found;
}

// The readings that a change skips or repeats: [low, high).
struct Touched {
    std::int64_t low;
    std::int64_t high;
};
Touched touched_by(const ZoneSegment& s) {
    const std::int64_t after = s.from + s.offset;
    const std::int64_t before = after - s.change;
    return {std::min(after, before), std::max(after, before)};
}

bool is_daylight(const ZoneSegment& s) {
    return std::abs(s.change) <= daylight_change_max;
}

std::string day_words(std::int64_t reading, std::int64_t run) {
    return date_text(reading) == date_text(run) ? "that day" : "on " + date_text(reading);
}

std::string gap_words(const Readings& lost, const ZoneSegment& s, bool regular_too) {
    const std::int64_t run = s.from + s.offset;
    return fmt::format("{} {} not exist {}: {} {}", lost.text(), lost.one() ? "does" : "do",
                       day_words(lost.first, run),
                       regular_too ? "covered by the run at"
                                   : (lost.one() ? "runs at" : "runs once, at"),
                       time_text(run));
}

bool matches(const CalendarPattern& p, std::int64_t reading) {
    return next_reading(p, reading) == reading;
}

} // namespace

std::string note_on_fire_time(const Expression& expression, const TimeZone& zone,
                              std::chrono::sys_seconds time) {
    if (expression.kind() != Kind::calendar) return "";
    const CalendarPattern& p = expression.calendar();
    const std::int64_t utc = time.time_since_epoch().count();
    const ZoneSegment& s = zone.segment_at(utc);
    const std::int64_t reading = utc + s.offset;
    if (s.change > 0 && utc == s.from && is_daylight(s) && !p.every_hour) {
        const Touched gap = touched_by(s);
        const Readings lost = readings_between(p, gap.low, gap.high);
        if (!lost.empty()) return gap_words(lost, s, matches(p, reading));
    }
    if (s.change < 0 && reading < touched_by(s).high)
        return fmt::format("{} for the second time that day", time_text(reading));
    if (&s == &zone.segments().back()) return "";
    const ZoneSegment& following = *(&s + 1);
    if (following.change < 0 && reading >= touched_by(following).low)
        return p.interval || !is_daylight(following)
                   ? fmt::format("{} for the first time that day", time_text(reading))
                   : fmt::format("{} comes twice that day: runs the first time only",
                                 time_text(reading));
    return "";
}

std::string note_on_change(const Expression& expression, const ZoneSegment& s) {
    if (expression.kind() != Kind::calendar || s.change == 0) return "";
    const CalendarPattern& p = expression.calendar();
    const Touched touched = touched_by(s);
    const Readings readings = readings_between(p, touched.low, touched.high);
    if (readings.empty() || (p.every_hour && is_daylight(s))) return "";
    const std::string date = date_text(readings.first);
    const char* verb_s = readings.one() ? "s" : "";
    if (s.change < 0)
        return fmt::format("on {} {} come{} twice: runs {}", date, readings.text(), verb_s,
                           p.interval || !is_daylight(s) ? "both times" : "the first time only");
    if (!is_daylight(s))
        return fmt::format("on {} {} {} not exist: not made up, the change is larger than 3 hours",
                           date, readings.text(), readings.one() ? "does" : "do");
    const std::int64_t run = s.from + s.offset;
    return fmt::format(
        "on {} {} {} not exist: {} {}{}", date, readings.text(), readings.one() ? "does" : "do",
        matches(p, run) ? "covered by the run at" : (readings.one() ? "runs at" : "runs once, at"),
        time_text(run), date_text(run) == date ? "" : " on " + date_text(run));
}

} // namespace agentcron::cron
