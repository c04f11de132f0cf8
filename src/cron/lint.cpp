#include "cron/lint.hpp"

#include "cron/clock_notes.hpp"
#include "cron/day_set.hpp"
#include "cron/field_text.hpp"
#include "cron/words.hpp"

#include <bit>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {
namespace {

constexpr std::uint8_t bit_of(Field field) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(field));
}

bool both_restricted(const DayPattern& day) {
    return !day.any_day_of_month && !day.any_day_of_week;
}

// The days that some of the pattern's months do not have.
std::vector<int> rare_days(const CalendarPattern& p) {
    std::vector<int> days = values_of(std::uint64_t{p.day.days} << 1);
    // A range or step that runs to the end of the month means "to the end".
    Progression steps{};
    if (find_progression(days, 1, 31, steps) && steps.last + steps.step > 31) days.clear();
    if (p.day.nearest.to == NearestWeekday::To::day) days.push_back(p.day.nearest.number);
    std::vector<int> rare;
    for (const int day : days)
        for (const int month : values_of(p.months))
            if (day > static_cast<int>(month_length(2023, static_cast<unsigned>(month)))) {
                rare.push_back(day);
                break;
            }
    return rare;
}

void lint_days(const CalendarPattern& p, const Spelling& spelling, std::vector<Lint>& lints) {
    const DayPattern& day = p.day;
    constexpr int stepped = bit_of(Field::day_of_month) | bit_of(Field::day_of_week);
    if (both_restricted(day) && !day.both) {
        lints.push_back({LintRule::either_day_field,
                         "both day fields are restricted: a day that matches either of them is "
                         "enough; put + in front of the day of week to require both"});
        if ((spelling.stepped & stepped) != 0)
            lints.push_back({LintRule::stepped_day_field,
                             "a day field with a step stands beside the other day field: Vixie "
                             "cron would require both after a *, here one is enough"});
    }
    if (day.any_day_of_month && day.any_day_of_week) return;
    const auto add = [&](std::string text) {
        lints.push_back({LintRule::day_not_every_month, std::move(text)});
    };
    if (const std::vector<int> rare = rare_days(p); !rare.empty())
        add(fmt::format("not every month has the day{} {}: there is no run in the others",
                        rare.size() == 1 ? "" : "s",
                        join_values(rare, [](int d) { return std::to_string(d); })));
    if (day.days_from_end >> 28 != 0 ||
        (day.nearest.to == NearestWeekday::To::last && day.nearest.number >= 28))
        add("not every month is long enough for this many days before its last one");
    if (day.nth_weekdays[4] != 0)
        add("not every month has a fifth one of a weekday: #L is the last one");
}

void lint_steps(const Spelling& spelling, std::vector<Lint>& lints) {
    struct Unit {
        Field field;
        const char* larger;
    };
    static constexpr Unit units[] = {{Field::second, "minute"}, {Field::minute, "hour"},
                                     {Field::hour, "day"},      {Field::day_of_month, "month"},
                                     {Field::month, "year"},    {Field::day_of_week, "week"}};
    for (const Unit& unit : units)
        if ((spelling.uneven & bit_of(unit.field)) != 0)
            lints.push_back({LintRule::uneven_step,
                             fmt::format("the step in the {} field starts anew every {}: the last "
                                         "interval differs from the others",
                                         field_name(unit.field), unit.larger)});
    for (int field = 0; field < 8; ++field)
        if ((spelling.overlong_steps >> field) & 1)
            lints.push_back(
                {LintRule::step_beyond_range,
                 fmt::format("the step in the {} field is longer than its range: only the first "
                             "value is used",
                             field_name(static_cast<Field>(field)))});
}

} // namespace

std::vector<Lint> lint(const Expression& expression) {
    std::vector<Lint> lints;
    const Spelling& spelling = expression.spelling();
    bool fine = false;
    switch (expression.kind()) {
    case Kind::reboot: return lints;
    case Kind::every: fine = expression.period() < std::chrono::minutes{1}; break;
    case Kind::calendar:
        lint_days(expression.calendar(), spelling, lints);
        lint_steps(spelling, lints);
        fine = std::popcount(expression.calendar().seconds) > 1;
        break;
    }
    if (fine) lints.push_back({LintRule::finer_than_a_minute, "it runs more than once a minute"});
    if (spelling.whole_days)
        lints.push_back({LintRule::fixed_days,
                         "a day of @every is 86,400 seconds: its local time moves when the clocks "
                         "change"});
    return lints;
}

std::vector<Lint> lint(const Expression& expression, const TimeZone& zone,
                       std::chrono::sys_seconds now) {
    std::vector<Lint> lints = lint(expression);
    const std::int64_t from = now.time_since_epoch().count();
    for (const ZoneSegment& segment : zone.segments()) {
        if (segment.from <= from || segment.from > from + 366 * 86400) continue;
        std::string note = note_on_change(expression, segment);
        if (!note.empty())
            lints.push_back({LintRule::clock_change, fmt::format("{}: {}", zone.name(), note)});
    }
    return lints;
}

} // namespace agentcron::cron
