// What the spool holds: every byte that went in or out of an agent, in order, with its time.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <string>

namespace agentcron::process {

// The values stand in spool files: never renumber.
enum class Stream : std::uint8_t {
    out = 1,   // the agent's stdout
    err = 2,   // the agent's stderr
    event = 3, // JSON lines a command wrote on fd 3
    in = 4,    // what was fed to the agent's stdin after the launch, written before it is fed
    // A request that came through the socket from `agentcron ask`: one JSON object, with a last
    // member "id" by which it is answered. {"id":..., "withdrawn":true} says that its asker went
    // away; not written for those that end because their agent is being ended.
    ask = 5,
    reply = 6, // the reply that was given to an ask: one JSON object, with the ask's "id"
};

// One record of the spool. `offset` is the spool offset of the first payload byte, so
// `offset + bytes.size()` is where the next record's header starts.
struct Frame {
    Stream stream{};
    base::Instant at{};
    std::uint64_t offset = 0;
    std::string bytes; // at most frame_bytes_max
};

inline constexpr std::size_t frame_bytes_max = 64 * 1024;

} // namespace agentcron::process
