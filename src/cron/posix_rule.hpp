// The footer of a TZif file: a POSIX TZ rule such as "EST5EDT,M3.2.0,M11.1.0", with the extended
// hours of RFC 8536 (-167 to 167). Only the offsets matter here, the names are skipped.
#pragma once

#include "cron/time_zone.hpp"

#include <optional>

namespace agentcron::cron {

struct RuleDate {
    enum class Form : std::uint8_t { julian, day_of_year, month_week_day };
    Form form = Form::julian;
    int day = 0;   // julian 1-365 without 29 February; day_of_year 0-365; weekday 0-6
    int month = 0; // 1-12
    int week = 0;  // 1-5, 5 is the last
    std::int32_t time = 2 * 3600; // seconds of local time after that day's midnight
};

struct PosixRule {
    std::int32_t standard_offset = 0; // seconds east of UTC
    bool has_daylight = false;
    std::int32_t daylight_offset = 0;
    RuleDate daylight_start;
    RuleDate daylight_end;
};

// None if the text is not a complete rule.
std::optional<PosixRule> parse_posix_rule(std::string_view text);

// Appends the rule's changes of the years from `first_year` to `last_year`, in order of time, that
// come after `after`. Seconds, UTC.
void append_rule_changes(const PosixRule& rule, int first_year, int last_year, std::int64_t after,
                         std::vector<OffsetChange>& changes);

} // namespace agentcron::cron
