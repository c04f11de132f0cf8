#include "process/shim/output_tail.hpp"

#include "process/wire.hpp"

#include <cerrno>
#include <fcntl.h>

namespace agentcron::shim {

int OutputTail::open(std::uint64_t bytes_max) {
    file_bytes_max_ = bytes_max >= 2 ? bytes_max / 2 : 1;
    for (int i = 0; i < 2; ++i) {
        const int fd = ::open(process::wire::tail_files[i],
                              O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0) return errno;
        files_[i].open(fd);
    }
    begin_file();
    return 0;
}

void OutputTail::append(process::Stream stream, const char* bytes, std::size_t size) {
    while (size > 0) {
        if (file_bytes_ == file_bytes_max_) {
            before_bytes_ += file_bytes_;
            filling_ = 1 - filling_;
            begin_file();
        }
        const std::uint64_t room = file_bytes_max_ - file_bytes_;
        const std::size_t part = size < room ? size : static_cast<std::size_t>(room);
        files_[filling_].append(stream, bytes, part);
        file_bytes_ += part;
        bytes += part;
        size -= part;
    }
}

void OutputTail::retry() {
    for (SpoolWriter& file : files_) file.retry();
}

void OutputTail::begin_file() {
    files_[filling_].begin_anew();
    file_bytes_ = 0;
    process::wire::CutMark mark{};
    mark.missing_bytes = before_bytes_;
    mark.kind = static_cast<std::uint8_t>(process::Cut::Kind::ends);
    files_[filling_].append(process::Stream::cut, &mark, sizeof mark);
}

} // namespace agentcron::shim
