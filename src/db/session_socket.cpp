#include "db/session_socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>

namespace agentcron::db {

void SessionSocket::open(int fd) {
    const std::lock_guard lock(mutex_);
    fd_ = base::UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    touched_ = Clock::now();
}

void SessionSocket::close() {
    const std::lock_guard lock(mutex_);
    fd_ = {};
}

void SessionSocket::touch() {
    const std::lock_guard lock(mutex_);
    touched_ = Clock::now();
}

void SessionSocket::cut() {
    const std::lock_guard lock(mutex_);
    shut_down();
}

void SessionSocket::cut_if_silent_since(Clock::time_point time) {
    const std::lock_guard lock(mutex_);
    if (touched_ <= time) shut_down();
}

void SessionSocket::shut_down() {
    if (fd_) ::shutdown(fd_.get(), SHUT_RDWR);
}

} // namespace agentcron::db
