// What a line of a real agent's protocol says to a person. Pure. The lines are kept as they came;
// this only shows them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace agentcron::cli {

struct AgentWords {
    std::string mark; // "tool", "question", ...; "" for what the agent says itself
    std::string text;
    bool continues = false; // a piece of what the agent says: the next may go on in its line
};

// Lines of Claude Code, Codex and ACP. nullopt: a line of another kind, to be shown as it is.
std::optional<AgentWords> agent_words(std::string_view kind, std::string_view json);

} // namespace agentcron::cli
