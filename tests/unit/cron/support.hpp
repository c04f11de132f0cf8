// Short forms for cron tests: instants from text, fire times as local text.
#pragma once

#include "cron/fire_times.hpp"

#include <string>
#include <vector>

namespace agentcron::test {

// "2026-03-29 01:00:00", "2026-03-29 01:00" or "2026-03-29", UTC.
std::chrono::sys_seconds at(const std::string& text);

// Parsed; fails the test if it is refused.
cron::Expression expression(const std::string& pattern, const std::string& job_id = "");

// The system's zone; read once.
const cron::TimeZone& zone(const std::string& name);

// "2026-03-29 03:00 +0200", with seconds where they are not zero.
std::string local_text(const cron::TimeZone& zone, std::chrono::sys_seconds time);

// The next `count` fire times after `from`, as local text.
std::vector<std::string> fires(const std::string& pattern, const std::string& zone,
                               const std::string& from, int count);

// Eighty zones that between them have every kind of change.
const std::vector<std::string>& eighty_zones();

} // namespace agentcron::test
