// Times and spans as people write and read them. Local time is that of TZ or /etc/localtime.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace agentcron::cli {

// "18ms", "1.4s", "12s", "3m20s", "2h5m", "3d4h": the two largest units.
std::string span_text(double seconds);

// "09:44:10" today, "Nov 21 09:44" within half a year, else "2025-11-21 09:44"; local time.
std::string clock_text(base::Instant instant, base::Instant now);
// "3m ago", "in 2h5m", "now" within a second.
std::string age_text(base::Instant instant, base::Instant now);
// Both: "09:44:10 (3m ago)".
std::string time_text(base::Instant instant, base::Instant now);

// RFC 3339 with its offset; or in local time "2026-11-22", "2026-11-22 09:44[:10]" and "09:44[:10]"
// (of today); or "now". The error says what is accepted.
base::Result<base::Instant, std::string> parse_time(std::string_view text, base::Instant now);
// The same, and a span such as "2h" or "3d", which counts back from now.
base::Result<base::Instant, std::string> parse_since(std::string_view text, base::Instant now);

} // namespace agentcron::cli
