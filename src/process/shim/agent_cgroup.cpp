#include "process/shim/agent_cgroup.hpp"

#include "process/wire.hpp"

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace agentcron::shim {
namespace {

int open_file(const char* name, int how) {
    char path[64];
    std::snprintf(path, sizeof path, "%s/%s", process::wire::cgroup_link, name);
    return ::open(path, how | O_CLOEXEC);
}

int write_file(const char* name, const char* text) {
    const int fd = open_file(name, O_WRONLY);
    if (fd < 0) return errno;
    const int error = ::write(fd, text, std::strlen(text)) < 0 ? errno : 0;
    ::close(fd);
    return error;
}

} // namespace

int join_cgroup() {
    return write_file("cgroup.procs", "0");
}

void kill_cgroup() {
    write_file("cgroup.kill", "1"); // before Linux 5.14 there is none: the sweep does it alone
}

std::uint64_t oom_kills() {
    constexpr char key[] = "\noom_kill ";
    const int fd = open_file("memory.events", O_RDONLY);
    if (fd < 0) return 0;
    char text[512];
    const ssize_t size = ::read(fd, text, sizeof text - 1);
    ::close(fd);
    text[size > 0 ? size : 0] = '\0';
    const char* at = std::strstr(text, key);
    return at == nullptr ? 0 : std::strtoull(at + sizeof key - 1, nullptr, 10);
}

void remove_cgroup() {
    char path[PATH_MAX];
    const ssize_t size = ::readlink(process::wire::cgroup_link, path, sizeof path - 1);
    if (size <= 0) return;
    path[size] = '\0';
    ::rmdir(path);
}

} // namespace agentcron::shim
