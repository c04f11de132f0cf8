// Tokens that one Codex process used. Codex counts by thread, and a resumed thread goes on counting
// from its earlier runs; a helper of the agent has a thread of its own.
#pragma once

#include "agent/driver.hpp"

#include <boost/json/object.hpp>
#include <map>

namespace agentcron::agent::codex {

class Tokens {
public:
    // Params of thread/tokenUsage/updated. `is_old`: told before the first turn of this process.
    void take(const boost::json::object& params, bool is_old);
    Usage total() const;

private:
    struct Count {
        std::int64_t input = 0;
        std::int64_t output = 0;
    };
    struct Span {
        Count before;
        Count now;
    };
    static std::optional<Count> count_from(const boost::json::object& usage);

    std::map<std::string, Span, std::less<>> threads_;
    std::int64_t turns_ = 0; // Codex tells of the tokens after each answer of the model
};

} // namespace agentcron::agent::codex
