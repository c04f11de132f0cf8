// Where a part of a value stands in its file: an error inside a cron expression or a prompt points
// at the very character.
#pragma once

#include "config/source.hpp"

#include <cstddef>
#include <string_view>

namespace agentcron::config {

// The offset of a value itself, when its anchor (`&name`) and tag (`!!str`) stand first at
// `offset`.
std::size_t content_offset(const Source& source, std::size_t offset);

// A value that begins with a quote at `offset` and runs into the end of the file: yaml-cpp 0.7
// accepts it silently.
bool is_unterminated(const Source& source, std::size_t offset);

// The source offset of byte `index` of the value that is written at `offset`. Exact for plain and
// quoted values up to their first escape or line end, and in `|` blocks; else the value's start.
std::size_t offset_of_part(const Source& source, std::size_t offset, std::string_view value,
                           std::size_t index);

} // namespace agentcron::config
