// The schedules of one file.
#pragma once

#include "config/calendars.hpp"
#include "config/declarations.hpp"

#include <string_view>
#include <vector>

namespace agentcron::config {

// What schedules refer to.
struct Known {
    const Declared* agents; // nullptr: not all are known, because a file could not be read
    const Calendars& calendars;
    bool all_files; // every file could be read
    std::string_view home;
};

// Appends what the file declares to the list, good or not: errors decide in the end.
void read_schedules(OpenFile& file, const Known& known, cron::ZoneCache& zones, Declared& declared,
                    std::vector<schedule::Schedule>& schedules);

} // namespace agentcron::config
