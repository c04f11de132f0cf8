// The end of an agent's output, in two files that are filled in turns: each time the one that is
// being filled is full, the other one, which is older, is emptied and filled next. So a shim that
// is killed leaves whole files behind, and nothing is ever copied (wire.hpp: CutMark).
#pragma once

#include "process/shim/spool_writer.hpp"

namespace agentcron::shim {

class OutputTail {
public:
    // Makes the files in the working directory. Together they hold at most `bytes_max` of output,
    // and at least half of that once there was as much. 0 or errno.
    int open(std::uint64_t bytes_max);
    void append(process::Stream stream, const char* bytes, std::size_t size);

    bool stalled() const { return files_[0].stalled() || files_[1].stalled(); }
    void retry();
    std::uint64_t stalls() const { return files_[0].stalls() + files_[1].stalls(); }
    std::uint64_t pending() const { return files_[0].pending() + files_[1].pending(); }
    // All that was appended; some of it was overwritten.
    std::uint64_t bytes() const { return before_bytes_ + file_bytes_; }

private:
    void begin_file();

    SpoolWriter files_[2];
    int filling_ = 0;
    std::uint64_t file_bytes_max_ = 0;
    std::uint64_t file_bytes_ = 0;   // of output in the file that is being filled
    std::uint64_t before_bytes_ = 0; // of output that was appended before that
};

} // namespace agentcron::shim
