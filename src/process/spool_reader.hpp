// Reads whole records from a spool that may still be growing, and from what is joined to its end
// when it grows no more. Holds one buffer of a bounded size, whatever the size of the spool.
#pragma once

#include "base/unique_fd.hpp"
#include "process/frame.hpp"
#include "process/wire.hpp"

#include <vector>

namespace agentcron::process {

class SpoolReader {
public:
    // `offset`: where a record starts, i.e. a frame's `offset + bytes.size()`; 0 is the first.
    SpoolReader(base::UniqueFd spool, std::uint64_t offset);

    // A file of records without a header; the first is at `from`.
    struct Part {
        base::UniqueFd file;
        std::uint64_t from = 0;
    };
    // The spool will not grow any more, and goes on with these. Offsets go on behind its size, so
    // they are the same whenever this is done.
    void join(std::vector<Part> parts);

    // The next whole records, until they hold `bytes_max` payload bytes or more; at least one if
    // there is one. A last record that is only partly written is left for later.
    std::vector<Frame> read(std::size_t bytes_max);

    // Where the next record starts.
    std::uint64_t offset() const { return offset_; }
    // Something at offset() is no record, so nothing behind it can be read: the disk lost writes.
    bool damaged() const { return damaged_; }

private:
    // A file, `first` being the offset of its first record.
    struct Joined {
        base::UniqueFd file;
        std::uint64_t from;
        std::uint64_t first;
    };
    bool skip_header();
    const Joined& file_at_offset() const;
    // Fills the buffer from offset_ on; false at the end of the file.
    bool fill();
    // Steps over the end of a file that was cut off inside a record; false if it is the last one.
    bool go_to_next_file();
    bool peek(wire::RecordHeader& header) const;
    void skip_reclaimed();
    bool take(std::vector<Frame>& frames);

    std::vector<Joined> files_; // the spool first
    std::uint64_t offset_;
    bool damaged_ = false;
    std::string buffer_; // bytes from offset_ on, its first used_ taken
    std::size_t used_ = 0;
    std::size_t fill_bytes_; // of the next fill
};

} // namespace agentcron::process
