// All files' texts -> one configuration. Touches no disk but the system's time zones.
#pragma once

#include "base/result.hpp"
#include "config/config.hpp"
#include "config/error_list.hpp"
#include "config/source.hpp"

#include <string_view>
#include <vector>

namespace agentcron::config {

// `errors` may hold what went wrong before, such as files that could not be read; any error makes
// the result an error. `home` is what `~` stands for, "" = unknown.
base::Result<Config, std::vector<Error>> read(const std::vector<Source>& sources,
                                              std::string_view home, ErrorList errors = {});

} // namespace agentcron::config
