#include "process/shim/output_cap.hpp"

#include "process/shim/clocks.hpp"

namespace agentcron::shim {
namespace {

constexpr std::uint64_t sign_of_life_ms = 1000;

} // namespace

OutputCap::OutputCap(const process::wire::SpecHeader& spec, SpoolWriter& spool)
    : spool_(spool)
    , bytes_max_(spec.when_full == static_cast<std::uint32_t>(process::WhenFull::block)
                     ? 0 // the backlog's
                     : spec.output_bytes_max)
    , drops_middle_(bytes_max_ != 0 &&
                    spec.when_full == static_cast<std::uint32_t>(process::WhenFull::drop_middle)) {}

int OutputCap::open() {
    return drops_middle_ ? tail_.open(bytes_max_ - bytes_max_ / 2) : 0;
}

bool OutputCap::keep(process::Stream stream, const char* bytes, std::size_t size) {
    if (!drops_middle_) return keep_beginning(kept_bytes_, stream, bytes, size);
    if (stream == process::Stream::event) return keep_beginning(event_bytes_, stream, bytes, size);
    keep_ends(stream, bytes, size);
    return true;
}

bool OutputCap::keep_beginning(std::uint64_t& used_bytes, process::Stream stream, const char* bytes,
                               std::size_t size) {
    const std::uint64_t room = bytes_max_ == 0 ? size : bytes_max_ - used_bytes;
    const std::size_t kept = size < room ? size : static_cast<std::size_t>(room);
    used_bytes += kept;
    if (kept > 0) spool_.append(stream, bytes, kept);
    return kept == size;
}

void OutputCap::keep_ends(process::Stream stream, const char* bytes, std::size_t size) {
    const std::uint64_t room = bytes_max_ / 2 - kept_bytes_;
    const std::size_t kept = size < room ? size : static_cast<std::size_t>(room);
    kept_bytes_ += kept;
    if (kept > 0) spool_.append(stream, bytes, kept);
    if (kept == size) return;
    const std::uint64_t now = since_boot_ms();
    if (marked_at_ms_ == 0)
        mark(process::Cut::Kind::begins);
    else if (now - marked_at_ms_ >= sign_of_life_ms && !spool_.stalled())
        mark(process::Cut::Kind::goes_on);
    tail_.append(stream, bytes + kept, size - kept);
}

// Who follows the spool learns by this that the agent is not silent.
void OutputCap::mark(process::Cut::Kind kind) {
    process::wire::CutMark mark{};
    mark.missing_bytes = tail_.bytes();
    mark.kind = static_cast<std::uint8_t>(kind);
    spool_.append(process::Stream::cut, &mark, sizeof mark);
    marked_at_ms_ = since_boot_ms();
}

} // namespace agentcron::shim
