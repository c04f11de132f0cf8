// Keeps an agent's output within its limit: says what of it goes to the spool, to the tail, or
// nowhere.
#pragma once

#include "process/shim/output_tail.hpp"
#include "process/shim/spool_writer.hpp"
#include "process/wire.hpp"

namespace agentcron::shim {

class OutputCap {
public:
    OutputCap(const process::wire::SpecHeader& spec, SpoolWriter& spool);

    int open(); // 0 or errno
    // Keeps what may be kept; false if that is not all, and the agent is to be ended for it.
    bool keep(process::Stream stream, const char* bytes, std::size_t size);
    // Of the tail: where the rest of a full disk's output waits for space.
    bool stalled() const { return tail_.stalled(); }
    void retry() { tail_.retry(); }
    std::uint64_t stalls() const { return tail_.stalls(); }
    std::uint64_t pending() const { return tail_.pending(); }

private:
    bool keep_beginning(std::uint64_t& used_bytes, process::Stream stream, const char* bytes,
                        std::size_t size);
    void keep_ends(process::Stream stream, const char* bytes, std::size_t size);
    void mark(process::Cut::Kind kind);

    SpoolWriter& spool_;
    OutputTail tail_;
    const std::uint64_t bytes_max_; // 0: any number
    const bool drops_middle_;
    std::uint64_t kept_bytes_ = 0;
    std::uint64_t event_bytes_ = 0;  // counted by themselves if the middle is dropped
    std::uint64_t marked_at_ms_ = 0; // 0: the cut has not begun
};

} // namespace agentcron::shim
