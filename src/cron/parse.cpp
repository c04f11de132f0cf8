#include "cron/expression.hpp"
#include "cron/field_parser.hpp"
#include "cron/nickname.hpp"
#include "cron/parse_error.hpp"

namespace agentcron::cron {
namespace {

constexpr std::uint32_t all_days = 0x7fffffff;
constexpr std::uint32_t all_hours = 0xffffff;

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

std::size_t count_fields(std::string_view text) {
    std::size_t count = 0;
    bool before = true;
    for (const char c : text) {
        const bool blank = is_blank(c);
        count += before && !blank;
        before = blank;
    }
    return count;
}

// Removes what has no effect, so that equal schedules compare equal: an unrestricted day field
// counts for nothing beside a restricted one.
void normalise(DayPattern& day) {
    if (day.any_day_of_month) {
        day.days = day.any_day_of_week ? all_days : 0;
        day.days_from_end = 0;
        day.nearest = {};
    }
    if (day.any_day_of_week) {
        day.weekdays = 0;
        day.nth_weekdays = {};
        day.last_weekdays = 0;
    }
    if (day.any_day_of_month || day.any_day_of_week) day.both = false;
    if (day.plain) return;
    std::uint8_t of_week = day.last_weekdays;
    for (const std::uint8_t nth : day.nth_weekdays) of_week |= nth;
    day.plain =
        day.days_from_end == 0 && day.nearest.to == NearestWeekday::To::none && of_week == 0;
}

bool parse_times(ItemReader& reader, bool seconds, CalendarPattern& pattern) {
    pattern.seconds = seconds ? 0 : 1;
    if (seconds) {
        reader.enter(Field::second);
        if (!parse_plain_field(reader, pattern.seconds)) return false;
    }
    reader.enter(Field::minute);
    if (!parse_plain_field(reader, pattern.minutes)) return false;
    reader.enter(Field::hour);
    std::uint64_t hours = 0;
    if (!parse_plain_field(reader, hours)) return false;
    pattern.hours = static_cast<std::uint32_t>(hours);
    pattern.every_hour = pattern.hours == all_hours;
    pattern.interval = reader.saw_interval() || pattern.every_hour;
    return true;
}

bool parse_dates(ItemReader& reader, bool year, CalendarPattern& pattern) {
    reader.enter(Field::day_of_month);
    if (!parse_day_of_month(reader, pattern.day)) return false;
    reader.enter(Field::month);
    std::uint64_t months = 0;
    if (!parse_plain_field(reader, months)) return false;
    pattern.months = static_cast<std::uint16_t>(months);
    reader.enter(Field::day_of_week);
    if (!parse_day_of_week(reader, pattern.day)) return false;
    normalise(pattern.day);
    if (!year) {
        pattern.years = YearSet::all();
        return true;
    }
    reader.enter(Field::year);
    return parse_year(reader, pattern.years);
}

} // namespace

bool parse_into(std::string_view pattern, const ParseOptions& options, Expression& out,
                Fault& fault) {
    const std::string_view text = trim(pattern);
    fault = {Mistake::empty_pattern, Field::pattern, text};
    if (text.empty()) return false;
    fault.mistake = Mistake::too_long;
    if (text.size() > pattern_bytes_max) return false;
    if (text.front() == '@') return parse_nickname(text, options, out, fault);
    const std::size_t fields = count_fields(text);
    fault.mistake = Mistake::field_count;
    if (fields < 5 || fields > 7) return false;
    ItemReader reader(text, options.job_id, fault);
    if (!parse_times(reader, fields > 5, out.calendar_) ||
        !parse_dates(reader, fields == 7, out.calendar_))
        return false;
    out.spelling_ = reader.spelling();
    return true;
}

base::Result<Expression, ParseError> parse(std::string_view pattern, const ParseOptions& options) {
    base::Result<Expression, ParseError> result{boost::system::in_place_value};
    Fault fault;
    if (!parse_into(pattern, options, *result, fault)) result = explain_fault(pattern, fault);
    return result;
}

} // namespace agentcron::cron
