// Warnings about expressions that are accepted but may not mean what their writer thinks.
#pragma once

#include "cron/fire_times.hpp"

#include <string>
#include <vector>

namespace agentcron::cron {

enum class LintRule : std::uint8_t {
    either_day_field,    // both day fields are restricted, and one match is enough
    stepped_day_field,   // Vixie cron would need both to match
    day_not_every_month, // 29-31, L-28 and beyond, a fifth weekday
    uneven_step,         // */7: the last interval is shorter
    step_beyond_range,   // 0-10/30: only the first value
    finer_than_a_minute,
    fixed_days,   // @every 1d is 86,400 seconds, whatever the clock does
    clock_change, // a reading that a clock change skips or repeats within a year
};

struct Lint {
    LintRule rule;
    std::string text; // a sentence without a full stop
};

// In the order of LintRule; without the rule that needs a zone.
std::vector<Lint> lint(const Expression& expression);

// Also looks at the zone's changes in the 366 days after `now`.
std::vector<Lint> lint(const Expression& expression, const TimeZone& zone,
                       std::chrono::sys_seconds now);

} // namespace agentcron::cron
