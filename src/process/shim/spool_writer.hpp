// Appends records to the spool. A disk that is full loses nothing: what did not fit is kept here,
// the owner stops reading from the agent while `stalled()`, and tries again by `retry()`.
#pragma once

#include "process/frame.hpp"
#include "process/shim/byte_buffer.hpp"

#include <cstdint>

namespace agentcron::shim {

class SpoolWriter {
public:
    // `size`: what the file holds already, whole records only.
    SpoolWriter(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
    SpoolWriter() = default; // to be opened
    void open(int fd) { fd_ = fd; }

    // Empties the file; what waits for space is dropped too.
    void begin_anew();

    // One record of at most frame_bytes_max bytes; returns the offset of its first payload byte.
    std::uint64_t append(process::Stream stream, const void* bytes, std::size_t size);

    bool stalled() const { return !pending_.empty(); }
    void retry();

    int fd() const { return fd_; }
    std::uint64_t size() const { return size_; } // what stands in the file
    // From there on all records are of stdout or stderr.
    std::uint64_t output_from() const { return output_from_; }
    std::uint64_t stalls() const { return stalls_; }          // how often the disk was full
    std::uint64_t pending() const { return pending_.size(); } // bytes that wait for space

private:
    int fd_ = -1;
    std::uint64_t size_ = 0;
    std::uint64_t output_from_ = size_;
    std::uint64_t stalls_ = 0;
    ByteBuffer pending_;
};

} // namespace agentcron::shim
