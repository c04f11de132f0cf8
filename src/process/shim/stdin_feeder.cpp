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
    if (pieces_.empty()) close();
}

void StdinFeeder::pump() {
    while (is_open() && !pieces_.empty()) {
        Piece piece;
        std::memcpy(&piece, pieces_.data(), sizeof piece);
        const bool more = write_some(piece);
        if (!is_open()) return;
        if (piece.size == 0)
            pieces_.consume(sizeof piece);
        else
            std::memcpy(const_cast<char*>(pieces_.data()), &piece, sizeof piece);
        if (!more) return;
    }
    if (closing_) close();
}

bool StdinFeeder::write_some(Piece& piece) {
    char bytes[write_bytes_max];
    const std::size_t wanted = piece.size < sizeof bytes ? piece.size : sizeof bytes;
    const ssize_t size =
        ::pread(static_cast<int>(piece.file), bytes, wanted, static_cast<off_t>(piece.offset));
    if (size <= 0) return false; // it waits in the spool writer for space on the disk
    const ssize_t written = ::write(pipe_, bytes, static_cast<std::size_t>(size));
    if (written < 0) {
        if (errno != EAGAIN && errno != EINTR) close(); // EPIPE: the agent closed its stdin
        return false;
    }
    piece.offset += static_cast<std::uint64_t>(written);
    piece.size -= static_cast<std::uint64_t>(written);
    return true;
}

void StdinFeeder::close() {
    if (pipe_ >= 0) ::close(pipe_);
    pipe_ = -1;
    pieces_.clear();
}

} // namespace agentcron::shim
