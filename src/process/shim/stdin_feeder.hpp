// What the agent's stdin still has to get. The bytes themselves stay in files (the prompt in the
// spec, later input in the spool, where it is recorded anyway), so an agent that does not read its
// stdin costs this process 24 bytes per piece, whatever the size.
#pragma once

#include "process/shim/byte_buffer.hpp"

#include <cstdint>
#include <sys/types.h>

namespace agentcron::shim {

class StdinFeeder {
public:
    // Takes the write end of the pipe, non-blocking.
    void open(int pipe) { pipe_ = pipe; }
    bool is_open() const { return pipe_ >= 0; }

    // Queues bytes of a file.
    void add(int file, std::uint64_t offset, std::uint64_t size);
    // End of file, once everything that was added before is written.
    void close_when_empty();

    // The descriptor to poll for POLLOUT, or -1 if nothing waits.
    int waiting_fd() const { return current_.size == 0 && pieces_.empty() ? -1 : pipe_; }
    // Writes what the pipe takes. A reader that has closed its end drops the rest.
    void pump();
    void close();

private:
    struct Piece {
        std::uint64_t offset;
        std::uint64_t size;
        std::int64_t file;
    };
    bool take_next_piece();
    // Writes some of the current piece; false when the pipe takes no more.
    bool write_some();

    int pipe_ = -1;
    bool closing_ = false;
    Piece current_{};   // what is left of it
    ByteBuffer pieces_; // of Piece: those behind the current one
};

} // namespace agentcron::shim
