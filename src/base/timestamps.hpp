// Instants as RFC 3339 text, the form they have in JSON, environment variables and messages.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace agentcron::base {

// "2026-03-29T01:00:00Z" in UTC; with a fraction of up to six digits, no zero at its end, where the
// instant is not a whole second: "2026-03-29T01:00:00.25Z". Years 0000 to 9999.
std::string to_rfc3339(Instant instant);

// Reads what to_rfc3339 writes and every other RFC 3339 date-time: offsets ("+02:00"), a space or
// lower-case t, lower-case z, longer fractions (cut to microseconds). A leap second (":60") is
// refused: POSIX time has no instant for it.
Result<Instant, std::string> from_rfc3339(std::string_view text);

} // namespace agentcron::base
