// Reads whole records from a spool that may still be growing. Holds one buffer of a bounded size,
// whatever the size of the spool.
#pragma once

#include "base/unique_fd.hpp"
#include "process/frame.hpp"

#include <vector>

namespace agentcron::process {

class SpoolReader {
public:
    // `offset`: where a record starts, i.e. a frame's `offset + bytes.size()`; 0 is the first.
    SpoolReader(base::UniqueFd spool, std::uint64_t offset);

    // The next whole records, until they hold `bytes_max` payload bytes or more; at least one if
    // there is one. A last record that is only partly written is left for later.
    std::vector<Frame> read(std::size_t bytes_max);

    // Where the next record starts.
    std::uint64_t offset() const { return offset_; }
    // Something at offset() is no record, so nothing behind it can be read: the disk lost writes.
    bool damaged() const { return damaged_; }

private:
    bool skip_header();
    // Fills the buffer from offset_ on; false at the end of the file.
    bool fill();
    bool take(std::vector<Frame>& frames);

    base::UniqueFd spool_;
    std::uint64_t offset_;
    bool damaged_ = false;
    std::string buffer_; // bytes from offset_ on, its first used_ taken
    std::size_t used_ = 0;
    std::size_t fill_bytes_; // of the next fill
};

} // namespace agentcron::process
