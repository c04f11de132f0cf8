// How the work of one Codex process ended, and what that means for the attempt. Pure.
#pragma once

#include "agent/conversation.hpp"
#include "agent/limits.hpp"

#include <optional>
#include <string>
#include <vector>

namespace agentcron::agent::codex {

struct End {
    enum class How { completed, failed, interrupted };
    How how{};
    std::string words; // of a failure: why; of what was completed: the agent's last message
    std::optional<Limit> limit{}; // that made it fail
};

Result result_of(const End& end);

struct Remains {
    std::optional<End> end;            // of the last turn; nullopt: none ended
    std::string last_error;            // that Codex told of, "" = none
    std::vector<std::string> declined; // what was refused and nobody was asked about
    std::string session_lost{};        // why a new thread was begun instead of an earlier one
};
Verdict verdict_on(const Remains& remains, const Conversation& conversation, const Exit& exit);

} // namespace agentcron::agent::codex
