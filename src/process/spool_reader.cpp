#include "process/spool_reader.hpp"

#include "process/wire.hpp"

#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

namespace agentcron::process {
namespace {

// Most spools grow by a line or so between two looks; one that has filled a look grows fast.
constexpr std::size_t fill_bytes_small = 8 * 1024;
constexpr std::size_t fill_bytes_large = 256 * 1024;

bool is_record(const wire::RecordHeader& header) {
    return header.magic == wire::record_magic && header.length <= frame_bytes_max;
}

std::uint64_t size_of(const base::UniqueFd& file) {
    struct stat status {};
    return ::fstat(file.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

} // namespace

SpoolReader::SpoolReader(base::UniqueFd spool, std::uint64_t offset)
    : offset_(offset), fill_bytes_(fill_bytes_small) {
    files_.push_back({std::move(spool), 0, 0});
}

void SpoolReader::join(std::vector<Part> parts) {
    for (auto& part : parts) {
        const Joined& last = files_.back();
        const std::uint64_t first = last.first + (size_of(last.file) - last.from);
        files_.push_back({std::move(part.file), part.from, first});
    }
}

std::vector<Frame> SpoolReader::read(std::size_t bytes_max) {
    std::vector<Frame> frames;
    if (damaged_ || (offset_ == 0 && !skip_header())) return frames;
    std::size_t bytes = 0;
    do {
        skip_reclaimed();
        while (take(frames)) {
            bytes += frames.back().bytes.size();
            if (bytes >= bytes_max) return frames;
            skip_reclaimed();
        }
    } while (!damaged_ && (fill() || go_to_next_file()));
    // Nothing waits for now, so hold no memory until something does.
    std::string().swap(buffer_);
    used_ = 0;
    return frames;
}

bool SpoolReader::skip_header() {
    wire::SpoolHeader header{};
    if (::pread(files_.front().file.get(), &header, sizeof header, 0) != sizeof header)
        return false;
    damaged_ = std::memcmp(header.magic, wire::spool_magic, sizeof header.magic) != 0;
    offset_ = header.header_bytes;
    return !damaged_;
}

bool SpoolReader::fill() {
    const std::size_t kept = buffer_.size() - used_;
    std::string fresh(kept + fill_bytes_, '\0');
    std::memcpy(fresh.data(), buffer_.data() + used_, kept);
    const Joined& file = file_at_offset();
    const std::uint64_t at = file.from + (offset_ - file.first) + kept;
    const ssize_t count =
        ::pread(file.file.get(), fresh.data() + kept, fill_bytes_, static_cast<off_t>(at));
    if (count <= 0) return false;
    fill_bytes_ =
        static_cast<std::size_t>(count) == fill_bytes_ ? fill_bytes_large : fill_bytes_small;
    fresh.resize(kept + static_cast<std::size_t>(count));
    buffer_.swap(fresh);
    used_ = 0;
    return true;
}

const SpoolReader::Joined& SpoolReader::file_at_offset() const {
    auto file = files_.rbegin();
    while (file->first > offset_) ++file;
    return *file;
}

bool SpoolReader::go_to_next_file() {
    for (const Joined& file : files_) {
        if (file.first <= offset_) continue;
        offset_ = file.first;
        buffer_.clear();
        used_ = 0;
        return true;
    }
    return false;
}

bool SpoolReader::peek(wire::RecordHeader& header) const {
    if (buffer_.size() - used_ < sizeof header) return false;
    std::memcpy(&header, buffer_.data() + used_, sizeof header);
    return true;
}

void SpoolReader::skip_reclaimed() {
    wire::RecordHeader header;
    while (peek(header) && header.magic == wire::record_magic &&
           header.stream == wire::reclaimed_stream) {
        const std::uint64_t size = sizeof header + header.length;
        offset_ += size;
        if (size <= buffer_.size() - used_) {
            used_ += size;
        } else {
            buffer_.clear();
            used_ = 0;
        }
    }
}

bool SpoolReader::take(std::vector<Frame>& frames) {
    wire::RecordHeader header;
    if (!peek(header)) return false;
    if (!is_record(header)) {
        damaged_ = true;
        return false;
    }
    if (buffer_.size() - used_ < sizeof header + header.length) return false;
    Frame frame;
    frame.stream = static_cast<Stream>(header.stream);
    frame.at = base::Instant(std::chrono::microseconds(header.micros));
    frame.offset = offset_ + sizeof header;
    frame.bytes.assign(buffer_, used_ + sizeof header, header.length);
    used_ += sizeof header + header.length;
    offset_ += sizeof header + header.length;
    frames.push_back(std::move(frame));
    return true;
}

} // namespace agentcron::process
