// The tools by which an agent tells of itself: how far it is, and what came out.
#pragma once

#include "mcp/tools.hpp"

namespace agentcron::mcp {

extern const Tool report_progress;
extern const Tool finish_with_result;

} // namespace agentcron::mcp
