// Named lists of days, which the schedules of every file may exclude.
#pragma once

#include "config/declarations.hpp"

#include <map>
#include <string>
#include <vector>

namespace agentcron::config {

class Calendars {
public:
    // Adds a file's calendars, good or not: errors decide in the end.
    void read(OpenFile& file);

    // Reads `exclude`, with the days of a calendar in place of its name. `all_known` is false if a
    // file could not be read: then an unknown name is no error.
    std::vector<std::string> excluded(MapReader& schedule, bool all_known) const;

private:
    Declared declared_;
    std::map<std::string, std::vector<std::string>, std::less<>> days_;
};

} // namespace agentcron::config
