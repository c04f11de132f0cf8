#include "process/shim/spool_writer.hpp"

#include "process/shim/clocks.hpp"
#include "process/wire.hpp"

#include <cerrno>
#include <sys/uio.h>
#include <unistd.h>

namespace agentcron::shim {

void SpoolWriter::begin_anew() {
    pending_.clear();
    if (::ftruncate(fd_, 0) == 0) size_ = 0;
}

std::uint64_t SpoolWriter::append(process::Stream stream, const void* bytes, std::size_t size) {
    process::wire::RecordHeader header{};
    header.magic = process::wire::record_magic;
    header.stream = static_cast<std::uint8_t>(stream);
    header.length = static_cast<std::uint32_t>(size);
    header.micros = wall_clock_micros();
    const std::uint64_t payload = size_ + pending_.size() + sizeof header;
    const bool is_output = stream == process::Stream::out || stream == process::Stream::err;
    if (!is_output) output_from_ = payload + size;
    std::size_t written = 0;
    if (!stalled()) {
        iovec parts[2] = {{&header, sizeof header}, {const_cast<void*>(bytes), size}};
        const ssize_t count = ::writev(fd_, parts, 2);
        written = count > 0 ? static_cast<std::size_t>(count) : 0;
        size_ += written;
        if (written == sizeof header + size) return payload;
    }
    // A short write says that the disk is nearly full; the rest is tried once more at once, which
    // tells a full disk from a write that was cut for another reason.
    const std::size_t of_header = written < sizeof header ? written : sizeof header;
    const std::size_t of_bytes = written - of_header;
    const bool was_stalled = stalled();
    pending_.append(reinterpret_cast<const char*>(&header) + of_header, sizeof header - of_header);
    pending_.append(static_cast<const char*>(bytes) + of_bytes, size - of_bytes);
    if (!was_stalled) {
        retry();
        if (stalled()) ++stalls_;
    }
    return payload;
}

void SpoolWriter::retry() {
    while (stalled()) {
        const ssize_t count = ::write(fd_, pending_.data(), pending_.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        size_ += static_cast<std::uint64_t>(count);
        pending_.consume(static_cast<std::size_t>(count));
    }
}

} // namespace agentcron::shim
