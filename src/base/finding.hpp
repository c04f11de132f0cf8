// One thing that was looked at, and how it is: what check-agent and doctor tell. Pure values.
#pragma once

#include <string>

namespace agentcron::base {

struct Finding {
    // fixed: it was not ok and now is. unknown: it could not be looked at, or tells nothing.
    enum class State { ok, fixed, warning, failed, unknown };
    std::string what; // "version", "login", ...
    State state = State::unknown;
    std::string detail{};
    std::string advice{}; // what to do about it; "" = nothing
};

} // namespace agentcron::base
