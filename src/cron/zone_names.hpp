// The names of zones: which ones may be asked for, and which one was probably meant.
#pragma once

#include <string>
#include <string_view>

namespace agentcron::cron {

// Why a name cannot be a zone's name whatever is installed, as a clause; empty if it can.
std::string refuse_zone_name(std::string_view name);

// The installed zone whose name is most similar to `name`; empty if none is near. Reads the
// directory tree: for error messages only.
std::string nearest_zone_name(std::string_view name, const std::string& directory);

} // namespace agentcron::cron
