#include "process/descendants.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace agentcron::process {
namespace {

// Field 4 of /proc/PID/stat, behind the name, which may hold spaces and parentheses.
pid_t parent_of(const char* pid) {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    char stat[512];
    const ssize_t size = ::read(fd, stat, sizeof stat - 1);
    ::close(fd);
    if (size <= 0) return -1;
    stat[size] = '\0';
    const char* name_end = std::strrchr(stat, ')');
    if (name_end == nullptr || std::strlen(name_end) < 5) return -1;
    return static_cast<pid_t>(std::strtol(name_end + 4, nullptr, 10));
}

} // namespace

std::size_t children_of(pid_t parent, pid_t* pids, std::size_t capacity) {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%d/task/%d/children", parent, parent);
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return children_by_scan(parent, pids, capacity);
    // A read may end in the middle of a number; it goes on with the next read.
    std::size_t count = 0;
    pid_t pid = 0;
    char text[1024];
    ssize_t size = 0;
    while (count < capacity && (size = ::read(fd, text, sizeof text)) > 0) {
        for (ssize_t i = 0; i < size && count < capacity; ++i) {
            if (text[i] >= '0' && text[i] <= '9') {
                pid = pid * 10 + (text[i] - '0');
            } else if (pid != 0) {
                pids[count++] = pid;
                pid = 0;
            }
        }
    }
    ::close(fd);
    return count;
}

std::size_t children_by_scan(pid_t parent, pid_t* pids, std::size_t capacity) {
    DIR* proc = ::opendir("/proc");
    if (proc == nullptr) return 0;
    std::size_t count = 0;
    while (const dirent* entry = ::readdir(proc)) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
        if (parent_of(entry->d_name) != parent) continue;
        pids[count++] = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
        if (count == capacity) break;
    }
    ::closedir(proc);
    return count;
}

} // namespace agentcron::process
