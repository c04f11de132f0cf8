// Which days of one month a day pattern selects.
#pragma once

#include "cron/calendar_pattern.hpp"

#include <bit>
#include <chrono>

namespace agentcron::cron {

// One month, reduced to what day patterns need.
struct MonthShape {
    std::int32_t first_day;      // days since 1970-01-01 of day 1
    std::uint32_t length;        // 28-31
    std::uint32_t first_weekday; // of day 1; 0 is Sunday
};

inline std::uint32_t month_length(int year, unsigned month) {
    if (month != 2) return 30 | (month ^ (month >> 3));
    return std::chrono::year{year}.is_leap() ? 29 : 28;
}

inline MonthShape month_shape(int year, unsigned month) {
    using namespace std::chrono;
    const auto first = static_cast<std::int32_t>(
        sys_days{std::chrono::year{year} / static_cast<int>(month) / 1}.time_since_epoch().count());
    // 1970-01-01 was a Thursday; years before 1970 do not come here.
    return {first, month_length(year, month), static_cast<std::uint32_t>(first + 4) % 7};
}

// Bit d-1 for every day d of the month that falls on one of `weekdays` (bit 0 is Sunday).
inline std::uint32_t days_on(std::uint32_t weekdays, std::uint32_t first_weekday) {
    constexpr std::uint64_t every_week = 0x810204081; // bits 0, 7, 14, 21, 28, 35
    return static_cast<std::uint32_t>((weekdays * every_week) >> first_weekday);
}

// The Monday to Friday nearest to `day`, inside the month.
inline std::uint32_t nearest_weekday(std::uint32_t day, const MonthShape& month) {
    const std::uint32_t weekday = (month.first_weekday + day - 1) % 7;
    if (weekday == 6) return day > 1 ? day - 1 : day + 2;
    if (weekday == 0) return day < month.length ? day + 1 : day - 2;
    return day;
}

// The days that `L`, `W` and `#` add, for patterns that use them.
struct SpecialDays {
    std::uint32_t of_month;
    std::uint32_t of_week;
};
inline SpecialDays special_days(const DayPattern& pattern, const MonthShape& month) {
    SpecialDays days{0, 0};
    for (std::uint32_t rest = pattern.days_from_end; rest != 0; rest &= rest - 1) {
        const auto back = static_cast<std::uint32_t>(std::countr_zero(rest));
        if (back < month.length) days.of_month |= 1u << (month.length - 1 - back);
    }
    const std::uint32_t number = pattern.nearest.number;
    if (pattern.nearest.to == NearestWeekday::To::day && number <= month.length)
        days.of_month |= 1u << (nearest_weekday(number, month) - 1);
    if (pattern.nearest.to == NearestWeekday::To::last && number < month.length)
        days.of_month |= 1u << (nearest_weekday(month.length - number, month) - 1);

    // The nth weekday falls into the nth seven days, the last one into the last seven.
    constexpr std::uint32_t week = 0x7f;
    for (unsigned n = 0; n < pattern.nth_weekdays.size(); ++n)
        days.of_week |= days_on(pattern.nth_weekdays[n], month.first_weekday) & (week << (7 * n));
    days.of_week |=
        days_on(pattern.last_weekdays, month.first_weekday) & (week << (month.length - 7));
    return days;
}

// Bit d-1 for every selected day d of the month.
inline std::uint32_t day_set(const DayPattern& pattern, const MonthShape& month) {
    std::uint32_t of_month = pattern.days;
    std::uint32_t of_week = days_on(pattern.weekdays, month.first_weekday);
    if (!pattern.plain) {
        const SpecialDays special = special_days(pattern, month);
        of_month |= special.of_month;
        of_week |= special.of_week;
    }
    const std::uint32_t days = pattern.both ? of_month & of_week : of_month | of_week;
    return days & (0xffffffffu >> (32 - month.length));
}

} // namespace agentcron::cron
