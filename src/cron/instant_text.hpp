// Instants as people and programs write them.
#pragma once

#include "cron/time_zone.hpp"

#include <optional>

namespace agentcron::cron {

// Reads "2026-03-29T01:00:00Z" or with an offset "+02:00"; the T may be a blank, seconds and time
// may be left out, fractions of a second are cut off. Without Z or offset it is a local reading in
// `zone`: the first of two that exist, or the end of the gap if none does. None: not an instant.
std::optional<std::chrono::sys_seconds> parse_instant(std::string_view text, const TimeZone& zone);

// "2026-03-29T01:00:00Z".
std::string utc_text(std::chrono::sys_seconds instant);
void append_utc_text(std::string& out, std::chrono::sys_seconds instant);

// "2026-03-29 03:00:00 +02:00".
std::string local_text(std::chrono::sys_seconds instant, const TimeZone& zone);

// From `now` to `instant` in its two largest units: "in 2 days 3 hours", "5 minutes ago", "now".
std::string distance_text(std::chrono::sys_seconds instant, std::chrono::sys_seconds now);

} // namespace agentcron::cron
