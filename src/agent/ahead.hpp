// The drivers whose process can be started before its task is known, and waits for it. They have
// this beside Driver's contract.
#pragma once

#include "agent/driver.hpp"

#include <optional>
#include <string>
#include <vector>

namespace agentcron::agent {

// What is known of a process before there is a task for it.
struct Setting {
    std::vector<std::string> command{}; // the agent's argv as declared
    std::string working_directory{};    // of the process, absolute
    // As in Brief.
    std::vector<std::string> ask_before{};
    std::vector<std::string> mcp_server{};
};

inline Setting setting_of(const Brief& brief) {
    return {brief.command, brief.working_directory, brief.ask_before, brief.mcp_server};
}

class StartsAhead {
public:
    virtual ~StartsAhead() = default;
    // Instead of Driver::start; nullopt where this command needs its task from the first. What the
    // process says while it waits comes to `receive`.
    virtual std::optional<Start> start_ahead(const Setting& setting) = 0;
    // Its task, once. nullopt: this task needs a process of its own, and this one can wait on.
    virtual std::optional<Feed> begin(const Brief& brief) = 0;
};

// nullptr: its process gets its task when it starts.
inline StartsAhead* starts_ahead(Driver& driver) {
    return dynamic_cast<StartsAhead*>(&driver);
}
// The start of a process that waits, nullopt where there can be none.
inline std::optional<Start> start_ahead(Driver& driver, const Setting& setting) {
    auto* const ahead = starts_ahead(driver);
    return ahead ? ahead->start_ahead(setting) : std::nullopt;
}

} // namespace agentcron::agent
