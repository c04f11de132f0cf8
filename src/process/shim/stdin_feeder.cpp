#include "process/shim/stdin_feeder.hpp"

#include <cerrno>
#include <unistd.h>

namespace agentcron::shim {
namespace {

constexpr std::size_t write_bytes_max = 16 * 1024;

} // namespace

void StdinFeeder::add(int file, std::uint64_t offset, std::uint64_t size) {
    if (!is_open() || closing_ || size == 0) return;
    const Piece piece{offset, size, file};
    pieces_.append(&piece, sizeof piece);
}

void StdinFeeder::close_when_empty() {
    closing_ = true;
    if (waiting_fd() < 0) close();
}

void StdinFeeder::pump() {
    while (is_open() && take_next_piece())
        if (!write_some()) return;
    if (closing_) close();
}

bool StdinFeeder::take_next_piece() {
    if (current_.size == 0 && !pieces_.empty()) {
        std::memcpy(&current_, pieces_.data(), sizeof current_);
        pieces_.consume(sizeof current_);
    }
    return current_.size != 0;
}

bool StdinFeeder::write_some() {
    char bytes[write_bytes_max];
    const std::size_t wanted = current_.size < sizeof bytes ? current_.size : sizeof bytes;
    const ssize_t size = ::pread(static_cast<int>(current_.file), bytes, wanted,
                                 static_cast<off_t>(current_.offset));
    if (size <= 0) return false; // it waits in the spool writer for space on the disk
    const ssize_t written = ::write(pipe_, bytes, static_cast<std::size_t>(size));
    if (written < 0) {
        if (errno != EAGAIN && errno != EINTR) close(); // EPIPE: the agent closed its stdin
        return false;
    }
    current_.offset += static_cast<std::uint64_t>(written);
    current_.size -= static_cast<std::uint64_t>(written);
    return true;
}

void StdinFeeder::close() {
    if (pipe_ >= 0) ::close(pipe_);
    pipe_ = -1;
    current_ = {};
    pieces_.clear();
}

} // namespace agentcron::shim
