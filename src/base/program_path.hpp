// Finds programs as a shell does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace agentcron::base {

inline constexpr const char* default_path = "/usr/local/bin:/usr/bin:/bin";

// The path of an executable file: `program` itself if it holds a slash, else the first in a
// directory of `path` ("/usr/bin:/bin"); nullopt if there is none.
std::optional<std::string> find_program(const std::string& program, std::string_view path);

} // namespace agentcron::base
