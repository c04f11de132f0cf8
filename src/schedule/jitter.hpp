// How long after its fire time a task starts, so that schedules of the same minute do not all come
// at once. Pure.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string_view>

namespace agentcron::schedule {

// Whole milliseconds, uniform over [0, jitter] by a hash of the schedule's name and the fire time:
// the same on every machine and in every version, so that schedulers agree and a repetition moves
// nothing. The delayed start lies before `next_fire`, if there is one.
base::Millis jitter_delay(std::string_view schedule, base::Instant fire_time, base::Seconds jitter,
                          std::optional<base::Instant> next_fire);

} // namespace agentcron::schedule
