// Reads one zone's file.
#pragma once

#include "cron/time_zone.hpp"

namespace agentcron::cron {

// As TimeZone::load, with the problem alone as the error: a clause without a full stop.
base::Result<std::shared_ptr<const TimeZone>, std::string>
read_zone_file(std::string_view name, const std::string& directory);

} // namespace agentcron::cron
