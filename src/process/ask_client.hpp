// Asks the daemon something from inside an agent: what `agentcron ask` does. Blocks; for small
// programs, not for the loop thread.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace agentcron::process {

struct AskError {
    enum class Kind {
        not_in_agent, // the environment says nothing of a run
        unreachable,  // the run's socket does not answer
        refused,      // the shim does not take the question; the message says why
        ended,        // the run ended before there was a reply
        timed_out,    // the question is withdrawn by that
    };
    Kind kind{};
    std::string message; // for people
};

// Sends one JSON object (at most 60 KiB) to the run that this process was started in and waits for
// the JSON object that is the reply. Ending this process, or a timeout, withdraws the question.
base::Result<std::string, AskError> ask(std::string_view json,
                                        std::optional<base::Millis> timeout = std::nullopt);

} // namespace agentcron::process
