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

struct Fields {
    std::array<std::string_view, 7> texts{};
    std::size_t count = 0; // 8: more than seven
};
Fields split(std::string_view text) {
    Fields fields;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        const char* const start = at;
        while (at != end && !is_blank(*at)) ++at;
        if (fields.count == fields.texts.size()) return fields.count = 8, fields;
        fields.texts[fields.count++] = {start, static_cast<std::size_t>(at - start)};
        while (at != end && is_blank(*at)) ++at;
    }
    return fields;
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
    if (day.any_day_of_month || day.any_day_of_week) {
        day.both = false;
        day.plain = day.days_from_end == 0 && day.nearest.to == NearestWeekday::To::none &&
                    day.last_weekdays == 0 && day.nth_weekdays == std::array<std::uint8_t, 5>{};
    }
}

bool parse_fields(const Fields& fields, std::string_view job_id, CalendarPattern& pattern,
                  Spelling& spelling, Fault& fault) {
    const std::string_view* text = fields.texts.data();
    bool ignored = false;
    const auto context = [&](Field field, bool& interval) {
        return FieldContext{field, job_id, spelling, interval, fault};
    };
    pattern.seconds = 1;
    if (fields.count > 5) {
        pattern.seconds = 0;
        if (!parse_plain_field(*text++, context(Field::second, pattern.interval), pattern.seconds))
            return false;
    }
    std::uint64_t hours = 0;
    std::uint64_t months = 0;
    if (!parse_plain_field(text[0], context(Field::minute, pattern.interval), pattern.minutes) ||
        !parse_plain_field(text[1], context(Field::hour, pattern.interval), hours) ||
        !parse_day_of_month(text[2], context(Field::day_of_month, ignored), pattern.day) ||
        !parse_plain_field(text[3], context(Field::month, ignored), months) ||
        !parse_day_of_week(text[4], context(Field::day_of_week, ignored), pattern.day))
        return false;
    static const YearSet all_years = YearSet::all();
    if (fields.count < 7) {
        pattern.years = all_years;
    } else if (!parse_year(text[5], context(Field::year, ignored), pattern.years)) {
        return false;
    }
    pattern.hours = static_cast<std::uint32_t>(hours);
    pattern.months = static_cast<std::uint16_t>(months);
    pattern.every_hour = pattern.hours == all_hours;
    pattern.interval |= pattern.every_hour;
    normalise(pattern.day);
    return true;
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
    const Fields fields = split(text);
    fault.mistake = Mistake::field_count;
    if (fields.count < 5 || fields.count > 7) return false;
    CalendarPattern calendar;
    Spelling spelling;
    if (!parse_fields(fields, options.job_id, calendar, spelling, fault)) return false;
    out = Expression::of_calendar(calendar, spelling);
    return true;
}

base::Result<Expression, ParseError> parse(std::string_view pattern, const ParseOptions& options) {
    Expression expression;
    Fault fault;
    if (parse_into(pattern, options, expression, fault)) return expression;
    return explain_fault(pattern, fault);
}

} // namespace agentcron::cron
