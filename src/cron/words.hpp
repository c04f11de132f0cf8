// English words and numbers for descriptions and warnings.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace agentcron::cron {

std::string weekday_name(int weekday); // 0 is Sunday
std::string month_name(int month);     // 1 is January
std::string ordinal(int n);            // "2nd"

// "a", "a and b", "a, b and c".
std::string join_words(const std::vector<std::string>& words, const char* conjunction = "and");

// Values in ascending order, neighbours as "a to b": "1, 3 and 5 to 9".
std::string join_values(const std::vector<int>& values,
                        const std::function<std::string(int)>& name);

// "1 hour 30 minutes".
std::string duration_words(std::chrono::seconds duration);

// A local reading as text: "02:30", or "02:30:15" where it has seconds; "2026-03-29".
std::string time_text(std::int64_t reading);
std::string date_text(std::int64_t reading);

} // namespace agentcron::cron
