// Which folder of src/ may include which, and which library stays behind which folder.
#pragma once

#include "tidy/finding.hpp"

namespace agentcron::tidy {

// Files outside src/ are passed over: tests may include anything.
Findings check_includes(const std::vector<SourceFile>& files);

} // namespace agentcron::tidy
