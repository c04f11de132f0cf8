// The search for matching readings of a clock that never changes: local time as seconds since
// 1970-01-01 00:00:00 of the same local calendar. Clock changes come on top, in fire_times.
#pragma once

#include "cron/calendar_pattern.hpp"

#include <cstdint>
#include <limits>

namespace agentcron::cron {

// 2200-01-01 00:00:00, the first reading after the supported years; as an instant, the same in UTC.
inline constexpr std::int64_t end_of_readings = 7258118400;

inline constexpr std::int64_t no_next_reading = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t no_previous_reading = std::numeric_limits<std::int64_t>::min();

// The first matching reading at or after `from`. Looks at no more than 230 * 12 months.
std::int64_t next_reading(const CalendarPattern& pattern, std::int64_t from);

// The last matching reading at or before `until`.
std::int64_t previous_reading(const CalendarPattern& pattern, std::int64_t until);

} // namespace agentcron::cron
