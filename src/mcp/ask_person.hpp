// The tool that asks a person and waits for the answer.
#pragma once

#include "mcp/tools.hpp"

namespace agentcron::mcp {

extern const Tool ask_person;

} // namespace agentcron::mcp
