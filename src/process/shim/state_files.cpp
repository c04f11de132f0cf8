#include "process/shim/state_files.hpp"

#include "process/wire.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace agentcron::shim {
namespace {

constexpr int retry_ms = 1000;

bool write_whole(const char* path, const char* text, std::size_t size) {
    const int fd = ::open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    const bool whole = ::pwrite(fd, text, size, 0) == static_cast<ssize_t>(size) &&
                       ::ftruncate(fd, static_cast<off_t>(size)) == 0;
    ::close(fd);
    return whole;
}

} // namespace

void write_meta(pid_t agent) {
    process::MetaText meta;
    meta.version = process::wire::protocol_version;
    meta.shim_pid = ::getpid();
    meta.shim_start_ticks = process::start_ticks_of(meta.shim_pid);
    meta.agent_pid = agent;
    meta.agent_start_ticks = process::start_ticks_of(agent);
    process::read_boot_id(meta.boot_id);
    char text[process::state_text_bytes_max];
    const std::size_t size = process::write_meta_text(meta, text);
    if (write_whole(process::wire::meta_draft_file, text, size))
        ::rename(process::wire::meta_draft_file, process::wire::meta_file);
}

void write_exit(const process::ExitText& exit) {
    char text[process::state_text_bytes_max];
    const std::size_t size = process::write_exit_text(exit, text);
    while (!write_whole(process::wire::exit_draft_file, text, size) ||
           ::rename(process::wire::exit_draft_file, process::wire::exit_file) != 0) {
        if (errno == ENOENT) return; // the run directory was removed: there is nobody to tell
        ::poll(nullptr, 0, retry_ms);
    }
}

} // namespace agentcron::shim
