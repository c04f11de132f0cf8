// Says in words what changes of the clock do to an expression. Decides nothing: fire_times does.
#pragma once

#include "cron/fire_times.hpp"

#include <string>

namespace agentcron::cron {

// What a change of the clock has to do with the fire time at `time`; empty in most cases:
// "02:30 does not exist that day: runs at 03:00".
std::string note_on_fire_time(const Expression& expression, const TimeZone& zone,
                              std::chrono::sys_seconds time);

// What the change at the start of `segment` does to the expression; empty if it touches none of
// its readings or only shifts the rhythm of an every-hour schedule.
std::string note_on_change(const Expression& expression, const ZoneSegment& segment);

} // namespace agentcron::cron
