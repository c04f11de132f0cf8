#include "cron/describe.hpp"

#include "cron/field_text.hpp"
#include "cron/words.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {
namespace {

constexpr std::size_t clock_times_max = 6; // more than these are told by field
constexpr std::uint64_t all_60 = (std::uint64_t{1} << 60) - 1;

std::string number(int value) {
    return std::to_string(value);
}
std::string clock(int hour, int minute) {
    return fmt::format("{:02}:{:02}", hour, minute);
}

// "every second", "every 10 seconds", "at minute 15", "at minutes 0 and 30".
std::string unit_phrase(std::uint64_t bits, const char* unit) {
    const std::vector<int> values = values_of(bits);
    if (bits == all_60) return fmt::format("every {}", unit);
    Progression p{};
    if (find_progression(values, 0, 59, p) && p.step > 1) {
        if (p.whole && p.first == 0) return fmt::format("every {} {}s", p.step, unit);
        return fmt::format("every {} {}s from {} {} to {}", p.step, unit, unit, p.first, p.last);
    }
    return fmt::format("at {}{} {}", unit, values.size() == 1 ? "" : "s",
                       join_values(values, number));
}

// The minutes behind a phrase about seconds.
std::string minute_of_seconds(std::uint64_t minutes) {
    Progression p{};
    if (minutes == all_60) return " of every minute";
    if (find_progression(values_of(minutes), 0, 59, p) && p.whole && p.first == 0)
        return fmt::format(" of every {} minute", ordinal(p.step));
    return ", " + unit_phrase(minutes, "minute");
}

std::string hour_phrase(const CalendarPattern& p) {
    const std::vector<int> hours = values_of(p.hours);
    Progression steps{};
    if (p.every_hour) return "of every hour";
    if (!find_progression(hours, 0, 23, steps))
        return hours.size() == 1
                   ? fmt::format("from {} to {}", clock(hours[0], 0), clock(hours[0], 59))
                   : fmt::format("in the hours {}", join_values(hours, number));
    if (steps.step == 1)
        return fmt::format("from {} to {}", clock(steps.first, 0), clock(steps.last, 59));
    if (steps.whole) return fmt::format("of every {} hour", ordinal(steps.step));
    return fmt::format("of every {} hour from {} to {}", ordinal(steps.step), clock(steps.first, 0),
                       clock(steps.last, 0));
}

std::string clock_times(const std::vector<int>& hours, const std::vector<int>& minutes,
                        int second) {
    std::vector<std::string> times;
    for (const int hour : hours)
        for (const int minute : minutes) times.push_back(clock(hour, minute));
    if (second > 0)
        for (std::string& time : times) time += fmt::format(":{:02}", second);
    return "at " + join_words(times);
}

// "every 2 hours", for runs at minute 0; empty if the hours have no rhythm.
std::string full_hours_phrase(const CalendarPattern& p) {
    Progression steps{};
    if (p.every_hour) return "every hour";
    if (!find_progression(values_of(p.hours), 0, 23, steps)) return "";
    const std::string every =
        steps.step == 1 ? "every hour" : fmt::format("every {} hours", steps.step);
    if (steps.whole && steps.first == 0) return every;
    return fmt::format("{} from {} to {}", every, clock(steps.first, 0), clock(steps.last, 0));
}

std::string time_phrase(const CalendarPattern& p) {
    const std::vector<int> seconds = values_of(p.seconds);
    const std::vector<int> minutes = values_of(p.minutes);
    const std::vector<int> hours = values_of(p.hours);
    const bool one_second = seconds.size() == 1;
    if (one_second && minutes.size() * hours.size() <= clock_times_max)
        return clock_times(hours, minutes, seconds[0]);
    if (p.seconds == 1 && p.minutes == 1)
        if (std::string full_hours = full_hours_phrase(p); !full_hours.empty()) return full_hours;

    std::string out = unit_phrase(p.minutes, "minute");
    if (p.seconds != 1) {
        out = unit_phrase(p.seconds, "second");
        if (p.minutes == all_60 && p.every_hour)
            return out.starts_with("every") ? out : out + " of every minute";
        out += minute_of_seconds(p.minutes);
    }
    if (p.every_hour && out.starts_with("every") && out.find(" from ") == out.npos) return out;
    const std::string hour = hour_phrase(p);
    return out + (hour.starts_with("of") ? " " : ", ") + hour;
}

std::string day_of_month_phrase(const DayPattern& day) {
    if (day.nearest.to == NearestWeekday::To::day)
        return fmt::format("on the weekday (Monday to Friday) nearest to day {} of the month",
                           day.nearest.number);
    if (day.nearest.to == NearestWeekday::To::last)
        return day.nearest.number == 0
                   ? std::string{"on the last weekday (Monday to Friday) of the month"}
                   : fmt::format(
                         "on the weekday (Monday to Friday) nearest to the {} day before the last "
                         "day of the month",
                         ordinal(day.nearest.number));
    const std::vector<int> days = values_of(std::uint64_t{day.days} << 1);
    std::vector<std::string> parts;
    Progression steps{};
    if (find_progression(days, 1, 31, steps) && steps.step > 1)
        parts.push_back(fmt::format("every {} day from day {} to {} of the month",
                                    ordinal(steps.step), steps.first, steps.last));
    else if (!days.empty())
        parts.push_back(fmt::format("on day{} {} of the month", days.size() == 1 ? "" : "s",
                                    join_values(days, number)));
    for (const int back : values_of(day.days_from_end)) {
        if (back == 0)
            parts.push_back("on the last day of the month");
        else
            parts.push_back(
                fmt::format("on the {} day before the last day of the month", ordinal(back)));
    }
    return join_words(parts);
}

std::string day_of_week_phrase(const DayPattern& day) {
    std::vector<std::string> parts;
    // Monday first, Sunday last, as people write weeks.
    std::vector<int> weekdays = values_of(day.weekdays);
    if (!weekdays.empty() && weekdays.front() == 0 && weekdays.size() < 7) {
        weekdays.erase(weekdays.begin());
        weekdays.push_back(7);
    }
    if (!weekdays.empty())
        parts.push_back("on " + join_values(weekdays, [](int w) { return weekday_name(w % 7); }));
    for (std::size_t n = 0; n < day.nth_weekdays.size(); ++n)
        for (const int weekday : values_of(day.nth_weekdays[n]))
            parts.push_back(fmt::format("on the {} {} of the month",
                                        ordinal(static_cast<int>(n) + 1), weekday_name(weekday)));
    for (const int weekday : values_of(day.last_weekdays))
        parts.push_back(fmt::format("on the last {} of the month", weekday_name(weekday)));
    return join_words(parts);
}

std::string day_phrase(const DayPattern& day, const std::string& time) {
    if (day.any_day_of_month && day.any_day_of_week)
        return time.starts_with("at ") && time.find("every") == std::string::npos ? " every day"
                                                                                  : "";
    if (day.any_day_of_week) return " " + day_of_month_phrase(day);
    if (day.any_day_of_month) return " " + day_of_week_phrase(day);
    return fmt::format(" {}{} {}", day_of_month_phrase(day), day.both ? ", if that is also" : " or",
                       day_of_week_phrase(day));
}

std::string month_phrase(const CalendarPattern& p) {
    const std::vector<int> months = values_of(p.months);
    return months.size() == 12 ? "" : ", in " + join_values(months, month_name);
}

std::string year_phrase(const CalendarPattern& p) {
    const std::vector<int> years = values_of(p.years);
    Progression steps{};
    if (p.years == YearSet::all()) return "";
    if (find_progression(years, year_min, year_max, steps) && steps.step > 1)
        return fmt::format(", every {} year from {} to {}", ordinal(steps.step), steps.first,
                           steps.last);
    return ", in " + join_values(years, number);
}

} // namespace

std::string describe(const Expression& expression) {
    switch (expression.kind()) {
    case Kind::reboot: return "Once when the scheduler starts";
    case Kind::every: return "Every " + duration_words(expression.period());
    case Kind::calendar: break;
    }
    const CalendarPattern& p = expression.calendar();
    if (p.months == 0) return "Never";
    const std::string time = time_phrase(p);
    std::string out = time + day_phrase(p.day, time) + month_phrase(p) + year_phrase(p);
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
    return out;
}

std::string describe_day_fields(const Expression& expression) {
    if (expression.kind() != Kind::calendar) return "";
    const DayPattern& day = expression.calendar().day;
    if (day.any_day_of_month && day.any_day_of_week) return "";
    if (day.any_day_of_week) return "only the day of month counts: " + day_of_month_phrase(day);
    if (day.any_day_of_month) return "only the day of week counts: " + day_of_week_phrase(day);
    if (day.both)
        return fmt::format("a day must match both fields (+): {}, and {}", day_of_month_phrase(day),
                           day_of_week_phrase(day));
    return fmt::format("a day matches if either field does: {}, or {}", day_of_month_phrase(day),
                       day_of_week_phrase(day));
}

} // namespace agentcron::cron
