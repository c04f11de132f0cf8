// Reads the fields of a pattern into sets.
#pragma once

#include "cron/calendar_pattern.hpp"
#include "cron/item_reader.hpp"

namespace agentcron::cron {

// Each reads one field, which the reader has entered, to its end. False: the fault is filled.
bool parse_plain_field(ItemReader& reader, std::uint64_t& bits); // second, minute, hour, month
bool parse_day_of_month(ItemReader& reader, DayPattern& day);
bool parse_day_of_week(ItemReader& reader, DayPattern& day);
bool parse_year(ItemReader& reader, YearSet& years);

} // namespace agentcron::cron
