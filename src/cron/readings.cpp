#include "cron/readings.hpp"

#include "cron/day_set.hpp"

#include <bit>

namespace agentcron::cron {
namespace {

constexpr std::int64_t day_seconds = 86400;
constexpr std::int64_t first_reading = 0; // 1970-01-01 00:00:00
constexpr std::int64_t last_reading = end_of_readings - 1;

template <class Word>
int lowest(Word bits) {
    return std::countr_zero(bits);
}
int highest(std::uint64_t bits) {
    return 63 - std::countl_zero(bits);
}

// The bits above, or below, a position; the position itself excluded.
std::uint64_t above(std::uint64_t bits, unsigned position) {
    return bits & (~std::uint64_t{1} << position);
}
std::uint64_t below(std::uint64_t bits, unsigned position) {
    return bits & ((std::uint64_t{1} << position) - 1);
}

std::int64_t time_of(int hour, int minute, int second) {
    return hour * 3600 + minute * 60 + second;
}

std::int64_t first_time(const CalendarPattern& p) {
    return time_of(lowest(p.hours), lowest(p.minutes), lowest(p.seconds));
}
std::int64_t last_time(const CalendarPattern& p) {
    return time_of(highest(p.hours), highest(p.minutes), highest(p.seconds));
}

// The first time of day at or after `from`, in seconds; -1 if there is none.
std::int64_t time_from(const CalendarPattern& p, std::uint32_t from) {
    const std::uint32_t hour = from / 3600;
    const std::uint32_t minute = from / 60 % 60;
    const std::uint32_t second = from % 60;
    if ((p.hours >> hour) & 1) {
        if ((p.minutes >> minute) & 1) {
            const std::uint64_t seconds = p.seconds >> second;
            if (seconds != 0) return from + lowest(seconds);
        }
        const std::uint64_t minutes = above(p.minutes, minute);
        if (minutes != 0) return hour * 3600 + lowest(minutes) * 60 + lowest(p.seconds);
    }
    const std::uint64_t hours = above(p.hours, hour);
    if (hours != 0) return time_of(lowest(hours), lowest(p.minutes), lowest(p.seconds));
    return -1;
}

// The last time of day at or before `until`, in seconds; -1 if there is none.
std::int64_t time_until(const CalendarPattern& p, std::uint32_t until) {
    const std::uint32_t hour = until / 3600;
    const std::uint32_t minute = until / 60 % 60;
    const std::uint32_t second = until % 60;
    if ((p.hours >> hour) & 1) {
        if ((p.minutes >> minute) & 1) {
            const std::uint64_t seconds = below(p.seconds, second + 1);
            if (seconds != 0) return until - second + highest(seconds);
        }
        const std::uint64_t minutes = below(p.minutes, minute);
        if (minutes != 0) return hour * 3600 + highest(minutes) * 60 + highest(p.seconds);
    }
    const std::uint64_t hours = below(p.hours, hour);
    if (hours != 0) return time_of(highest(hours), highest(p.minutes), highest(p.seconds));
    return -1;
}

// The first year of the set at or after `year`, or the last one at or before it; 0 if none.
int year_from(const YearSet& years, int year) {
    if (year > year_max) return 0;
    auto index = static_cast<unsigned>(year - year_min);
    std::uint64_t bits = years.words[index / 64] & (~std::uint64_t{0} << (index % 64));
    for (unsigned word = index / 64;; bits = years.words[word]) {
        if (bits != 0) return year_min + static_cast<int>(word * 64) + lowest(bits);
        if (++word == years.words.size()) return 0;
    }
}
int year_until(const YearSet& years, int year) {
    if (year < year_min) return 0;
    auto index = static_cast<unsigned>(year - year_min);
    std::uint64_t bits = years.words[index / 64] & (~std::uint64_t{0} >> (63 - index % 64));
    for (unsigned word = index / 64;; bits = years.words[word]) {
        if (bits != 0) return year_min + static_cast<int>(word * 64) + highest(bits);
        if (word-- == 0) return 0;
    }
}

struct Date {
    int year;
    unsigned month;
    unsigned day;
};
Date date_of(std::int64_t days) {
    const std::chrono::year_month_day date{
        std::chrono::sys_days{std::chrono::days{static_cast<int>(days)}}};
    return {int{date.year()}, unsigned{date.month()}, unsigned{date.day()}};
}

// The months after, or before, a given one, as far as the pattern allows.
std::int64_t first_after_month(const CalendarPattern& p, int year, unsigned month) {
    std::uint64_t months = above(p.months, month);
    if (!p.years.has(year)) months = 0;
    while (true) {
        for (; months != 0; months &= months - 1) {
            const MonthShape shape = month_shape(year, static_cast<unsigned>(lowest(months)));
            const std::uint32_t days = day_set(p.day, shape);
            if (days != 0) return (shape.first_day + lowest(days)) * day_seconds + first_time(p);
        }
        year = year_from(p.years, year + 1);
        if (year == 0) return no_next_reading;
        months = p.months;
    }
}
std::int64_t last_before_month(const CalendarPattern& p, int year, unsigned month) {
    std::uint64_t months = below(p.months, month);
    if (!p.years.has(year)) months = 0;
    while (true) {
        while (months != 0) {
            const auto candidate = static_cast<unsigned>(highest(months));
            const MonthShape shape = month_shape(year, candidate);
            const std::uint32_t days = day_set(p.day, shape);
            if (days != 0) return (shape.first_day + highest(days)) * day_seconds + last_time(p);
            months = below(months, candidate);
        }
        year = year_until(p.years, year - 1);
        if (year == 0) return no_previous_reading;
        months = p.months;
    }
}

// The month that holds a day, if the pattern may run in it: its shape and selected days.
struct MonthDays {
    MonthShape shape{};
    std::uint32_t days = 0;
};
MonthDays days_around(const CalendarPattern& p, const Date& date, std::int64_t day_number) {
    if (((p.months >> date.month) & 1) == 0 || !p.years.has(date.year)) return {};
    MonthDays month;
    const std::int64_t first = day_number - (date.day - 1);
    month.shape = {static_cast<std::int32_t>(first), month_length(date.year, date.month),
                   static_cast<std::uint32_t>(first + 4) % 7};
    month.days = day_set(p.day, month.shape);
    return month;
}

} // namespace

std::int64_t next_reading(const CalendarPattern& p, std::int64_t from) {
    if (from > last_reading) return no_next_reading;
    if (from < first_reading) from = first_reading;
    const std::int64_t day_number = from / day_seconds;
    const Date date = date_of(day_number);
    const MonthDays month = days_around(p, date, day_number);
    if ((month.days >> (date.day - 1)) & 1) {
        const std::int64_t time = time_from(p, static_cast<std::uint32_t>(from % day_seconds));
        if (time >= 0) return day_number * day_seconds + time;
    }
    const std::uint64_t later = above(month.days, date.day - 1);
    if (later != 0) return (month.shape.first_day + lowest(later)) * day_seconds + first_time(p);
    return first_after_month(p, date.year, date.month);
}

std::int64_t previous_reading(const CalendarPattern& p, std::int64_t until) {
    if (until < first_reading) return no_previous_reading;
    if (until > last_reading) until = last_reading;
    const std::int64_t day_number = until / day_seconds;
    const Date date = date_of(day_number);
    const MonthDays month = days_around(p, date, day_number);
    if ((month.days >> (date.day - 1)) & 1) {
        const std::int64_t time = time_until(p, static_cast<std::uint32_t>(until % day_seconds));
        if (time >= 0) return day_number * day_seconds + time;
    }
    const std::uint64_t earlier = below(month.days, date.day - 1);
    if (earlier != 0)
        return (month.shape.first_day + highest(earlier)) * day_seconds + last_time(p);
    return last_before_month(p, date.year, date.month);
}

} // namespace agentcron::cron
