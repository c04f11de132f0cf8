// What a task wrote, printed: as text, raw or as JSON lines; of a chain, its steps' in order.
#pragma once

#include "cli/database.hpp"
#include "cli/invocation.hpp"

#include <cstdint>
#include <optional>

namespace agentcron::cli {

struct LogFormat {
    bool raw = false; // the agent's stdout to stdout, its stderr to stderr, byte for byte
    std::optional<int> attempt;
    bool follow = false;
};
// Prints the output of a task, of a chain that of its steps. Gives 1 if it was followed and did not
// succeed, else 0.
int print_log(const Invocation& invocation, Database& database, std::int64_t task_id,
              const LogFormat& format);

} // namespace agentcron::cli
