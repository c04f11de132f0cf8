// Writes sets of values back as fields of a pattern.
#pragma once

#include "cron/expression.hpp"

#include <string>
#include <vector>

namespace agentcron::cron {

// The values of a bit set in ascending order.
std::vector<int> values_of(std::uint64_t bits);
std::vector<int> values_of(const YearSet& years);

// A value set as a sequence with one step, if it is one of three or more values, or of two that
// divide the field evenly.
struct Progression {
    int first;
    int last;
    int step;
    bool whole; // covers the field from end to end: `*/step`
};
bool find_progression(const std::vector<int>& values, int min, int max, Progression& out);

// The shortest spelling. Without `ranges` only single values and commas are used.
std::string field_text(const std::vector<int>& values, int min, int max, bool ranges);

} // namespace agentcron::cron
