// Reads one field of a pattern into bits. The hot half of parse(): no allocation, no text made.
// What is wrong with a field is only located here (Fault); parse_error.cpp turns that into words.
#pragma once

#include "cron/calendar_pattern.hpp"
#include "cron/expression.hpp"

#include <string_view>

namespace agentcron::cron {

enum class Mistake : std::uint8_t {
    none,
    empty_pattern,
    too_long,
    unprintable,
    field_count,
    zone_in_pattern,
    nickname_case,
    nickname_unknown,
    nickname_with_more,
    every_without_duration,
    every_bad_duration,
    every_order,
    every_too_short,
    every_too_long,
    empty_item,
    not_a_value,
    full_name,
    too_many_digits,
    year_digits,
    out_of_range,
    descending,
    step_without_range,
    step_missing,
    step_zero,
    step_too_large,
    wildcard_with_more,
    question_mark,
    plus_misplaced,
    lower_case,
    random,
    last_misplaced,
    last_without_day,
    last_offset,
    nth_number,
    day_range_with_suffix,
    nearest_not_alone,
    nth_misplaced,
    hash_range,
};

// A mistake and the part of the pattern that has it.
struct Fault {
    Mistake mistake = Mistake::none;
    Field field = Field::pattern;
    std::string_view text; // points into the pattern
};

struct FieldLimits {
    unsigned min;
    unsigned max;          // the largest value that may be written
    unsigned wildcard_max; // the largest value of `*`: 6 for weekdays, where 7 is 0 again
    unsigned step_max;
};
const FieldLimits& limits_of(Field field);

// The month (1-12) or weekday (0-6) of a three-letter name in any case; -1 if it is none.
int value_of_name(Field field, std::string_view three_letters);

// Where in the pattern parse() stands and what it has found.
struct FieldContext {
    Field field;
    std::string_view job_id;
    Spelling& spelling;
    bool& interval; // set if a second, minute or hour field has `*`, `-` or `/`
    Fault& fault;
};

// Second, minute, hour, month. False: context.fault says why.
bool parse_plain_field(std::string_view text, FieldContext context, std::uint64_t& bits);
bool parse_day_of_month(std::string_view text, FieldContext context, DayPattern& day);
bool parse_day_of_week(std::string_view text, FieldContext context, DayPattern& day);
bool parse_year(std::string_view text, FieldContext context, YearSet& years);

} // namespace agentcron::cron
