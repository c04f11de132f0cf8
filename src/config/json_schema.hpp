// The JSON Schema (draft 2020-12) of a configuration file, for editors: completion, tooltips and
// red lines while typing. Made from the key tables, so it cannot fall behind the readers.
#pragma once

#include <string>

namespace agentcron::config {

// Compact JSON. It accepts every file that load() accepts; what needs other files, the calendar or
// zones (unknown agents, cron expressions, prompts) is load()'s alone.
std::string json_schema();

} // namespace agentcron::config
