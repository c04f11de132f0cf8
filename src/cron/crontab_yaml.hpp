// An imported crontab as agentcron YAML.
#pragma once

#include "cron/crontab.hpp"

namespace agentcron::cron {

// One agent and one schedule per entry; the notes stand as comments at the top. Cron reads times in
// the machine's zone where there is no CRON_TZ: that is `timezone`.
std::string crontab_yaml(const Crontab& crontab, std::string_view timezone);

} // namespace agentcron::cron
