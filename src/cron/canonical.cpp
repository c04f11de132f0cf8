#include "cron/field_text.hpp"
#include "cron/nickname.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {
namespace {

void append(std::string& list, const std::string& item) {
    if (!list.empty()) list += ',';
    list += item;
}

// A restricted field that has all its values must not become `*`, which is unrestricted.
std::string day_list(std::uint64_t bits, int min, int max) {
    const std::vector<int> values = values_of(bits);
    if (values.empty()) return "";
    const std::string text = field_text(values, min, max, true);
    return text == "*" ? fmt::format("{}-{}", min, max) : text;
}

std::string day_of_month_text(const DayPattern& day) {
    if (day.any_day_of_month) return "*";
    if (day.nearest.to == NearestWeekday::To::day) return fmt::format("{}W", day.nearest.number);
    if (day.nearest.to == NearestWeekday::To::last)
        return day.nearest.number == 0 ? "LW" : fmt::format("L-{}W", day.nearest.number);
    std::string list = day_list(std::uint64_t{day.days} << 1, 1, 31);
    for (const int back : values_of(day.days_from_end))
        append(list, back == 0 ? "L" : fmt::format("L-{}", back));
    return list;
}

std::string day_of_week_text(const DayPattern& day) {
    if (day.any_day_of_week) return "*";
    std::string list = day_list(day.weekdays, 0, 6);
    for (std::size_t n = 0; n < day.nth_weekdays.size(); ++n)
        for (const int weekday : values_of(day.nth_weekdays[n]))
            append(list, fmt::format("{}#{}", weekday, n + 1));
    for (const int weekday : values_of(day.last_weekdays))
        append(list, fmt::format("{}#L", weekday));
    return (day.both ? "+" : "") + list;
}

} // namespace

std::string Expression::canonical() const {
    if (kind_ == Kind::reboot) return "@reboot";
    if (kind_ == Kind::every) return "@every " + every_text(period_);
    const CalendarPattern& p = calendar_;
    const auto time_text = [&](std::uint64_t bits, int max) {
        return field_text(values_of(bits), 0, max, p.interval);
    };
    const std::string second = time_text(p.seconds, 59);
    std::string minute = time_text(p.minutes, 59);
    const std::string hour = time_text(p.hours, 23);
    const bool year = !(p.years == YearSet::all());
    const bool seconds = year || second != "0";
    // An interval must show: some field needs a range, if only of one value.
    if (p.interval && (second + minute + hour).find_first_of("*-/") == std::string::npos) {
        const std::size_t end = std::min(minute.find(','), minute.size());
        minute.insert(end, "-" + minute.substr(0, end));
    }
    std::string text = seconds ? second + " " : "";
    text += fmt::format("{} {} {} {} {}", minute, hour, day_of_month_text(p.day),
                        field_text(values_of(p.months), 1, 12, true), day_of_week_text(p.day));
    if (year) text += " " + field_text(values_of(p.years), year_min, year_max, true);
    return text;
}

} // namespace agentcron::cron
