// What the spool holds: every byte that went in or out of an agent, in order, with its time.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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
    cut = 7,   // something about output that is left out here: see Cut
    // 8 is wire::reclaimed_stream, which is no frame.
};

// What happens to output beyond its limit. The values stand in specs: never renumber.
enum class WhenFull : std::uint8_t {
    kill = 0, // the agent is ended
    // The agent runs on. Of its stdout and stderr the first half of what may be kept stands in the
    // spool, and the end, at least a quarter, is read once the run is over. Fd 3 is never cut: it
    // has a limit of its own, of the same size, beyond which the agent is ended.
    drop_middle = 1,
    // The agent waits: as long as so much of its spool is not stored, its output is not read. What
    // is stored of its stdout and stderr is given back to the disk. Once it is told to end, it is
    // read to its end. Since version 3 of the shim.
    block = 2,
};

// A frame of Stream::cut. The values stand in spool files: never renumber.
struct Cut {
    enum class Kind : std::uint8_t {
        begins = 1,  // what follows is read once the run is over, and of that only the end
        goes_on = 2, // the agent writes on; a sign of life, at most one each second
        // Where the end of the output begins; `missing_bytes` are left out here, perhaps none.
        ends = 3,
    };
    Kind kind{};
    std::uint64_t missing_bytes = 0;
};
// nullopt: a newer shim wrote something else.
std::optional<Cut> read_cut(std::string_view frame_bytes);

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
