// What can be wrong with a pattern, and where. parse() only locates a mistake; parse_error.cpp
// turns it into words.
#pragma once

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

} // namespace agentcron::cron
