#include "process/shim/backlog.hpp"

#include "process/shim/clocks.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace agentcron::shim {
namespace {

namespace wire = process::wire;

// Of most file systems: a hole is made of whole blocks.
constexpr std::uint64_t block_bytes = 4096;
// A record's length is a u32; a part that would be longer begins anew.
constexpr std::uint64_t part_bytes_max = 1ull << 31;

} // namespace

Backlog::Backlog(const wire::SpecHeader& spec, SpoolWriter& spool)
    : spool_(spool)
    , bytes_max_(spec.when_full == static_cast<std::uint32_t>(process::WhenFull::block)
                     ? spec.output_bytes_max
                     : 0) {}

void Backlog::stored(std::uint64_t offset) {
    if (bytes_max_ == 0 || offset <= stored_ || offset > spool_.size()) return;
    stored_ = offset;
    reclaim();
}

// The record that says so comes first: a reader finds either it or what stood there. Where the file
// system makes no holes the bytes stay, and nothing else changes. What is no output stays: who
// follows the run from its beginning needs it.
void Backlog::reclaim() {
    const std::uint64_t first = spool_.output_from();
    if (stored_ <= first) return;
    if (reclaimed_to_ < first) reclaimed_from_ = reclaimed_to_ = first;
    if (stored_ - reclaimed_from_ > part_bytes_max) reclaimed_from_ = reclaimed_to_;
    wire::RecordHeader header{};
    if (stored_ - reclaimed_from_ < sizeof header) return;
    header.magic = wire::record_magic;
    header.stream = wire::reclaimed_stream;
    header.length = static_cast<std::uint32_t>(stored_ - reclaimed_from_ - sizeof header);
    header.micros = wall_clock_micros();
    // The spool itself is open for appending, which would append this too.
    const int file = ::openat(wire::directory_fd, wire::spool_file, O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    const auto at = static_cast<off_t>(reclaimed_from_);
    if (::pwrite(file, &header, sizeof header, at) == sizeof header) {
        const std::uint64_t from =
            (reclaimed_from_ + sizeof header + block_bytes - 1) / block_bytes * block_bytes;
        const std::uint64_t to = stored_ / block_bytes * block_bytes;
        if (to > from)
            ::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(from),
                        static_cast<off_t>(to - from));
        reclaimed_to_ = stored_;
    }
    ::close(file);
}

} // namespace agentcron::shim
