// yaml-cpp's parse errors in words that say what to change. The usual mistakes in a schedule file
// have little to do with YAML: a cron expression that starts with `*`, a prompt with a colon, a
// tab.
#pragma once

#include "config/source.hpp"

#include <string>
#include <string_view>

namespace agentcron::config {

struct Mistake {
    std::size_t offset = 0;
    std::string message;
};

// `offset` and `message` are what the parser reported.
Mistake explain_mistake(const Source& source, std::size_t offset, std::string_view message);

} // namespace agentcron::config
