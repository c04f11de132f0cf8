#pragma once

#include <string_view>

namespace agentcron::base {

// The version of the build, e.g. "0.1.0"; it stands in the top CMakeLists.txt.
std::string_view version();

} // namespace agentcron::base
