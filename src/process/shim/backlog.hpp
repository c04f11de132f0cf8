// What of an agent's output waits in the spool to be stored by the daemon. Under WhenFull::block it
// is bounded: the agent waits while there is too much of it, and what was stored is given back to
// the disk, so that a run may write without end.
#pragma once

#include "process/shim/spool_writer.hpp"
#include "process/wire.hpp"

namespace agentcron::shim {

class Backlog {
public:
    Backlog(const process::wire::SpecHeader& spec, SpoolWriter& spool);

    bool is_full() const { return bytes_max_ != 0 && spool_.size() >= stored_ + bytes_max_; }
    // All before that offset, where a record starts, is stored.
    void stored(std::uint64_t offset);

private:
    void reclaim();

    SpoolWriter& spool_;
    const std::uint64_t bytes_max_; // 0: any number
    std::uint64_t stored_ = 0;
    std::uint64_t reclaimed_from_ = 0; // where the last record of a reclaimed part stands; 0: none
    std::uint64_t reclaimed_to_ = 0;
};

} // namespace agentcron::shim
