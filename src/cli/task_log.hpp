// What a task wrote, printed: as text, raw or as JSON lines; of a chain, its steps' in order.
#pragma once

#include "cli/invocation.hpp"
#include "db/client.hpp"

#include <cstdint>
#include <optional>

namespace agentcron::cli {

struct LogFormat {
    bool raw = false; // bytes of stdout to stdout, of stderr to stderr, nothing else
    std::optional<int> attempt;
    bool follow = false;
};
// Prints the output of a task, of a chain that of its steps. Gives 1 if it was followed and did not
// succeed, else 0.
int print_log(const Invocation& invocation, db::Client& client, std::int64_t task_id,
              const LogFormat& format);

} // namespace agentcron::cli
