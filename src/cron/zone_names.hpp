// The names of zones: which ones may be asked for, and which one was probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agentcron::cron {

// Why a name cannot be a zone's name whatever is installed, as a clause; empty if it can.
std::string refuse_zone_name(std::string_view name);

// The zones below a directory, sorted. Opens every file: keep the result.
std::vector<std::string> installed_zone_names(const std::string& directory);

// The one of `installed` that is most similar to `name`; empty if none is near.
std::string nearest_zone_name(std::string_view name, const std::vector<std::string>& installed);

} // namespace agentcron::cron
