#include "process/spool_watch.hpp"

#include <cerrno>
#include <cstring>
#include <set>
#include <sys/inotify.h>
#include <unistd.h>
#include <vector>

namespace agentcron::process {

namespace asio = boost::asio;

asio::execution_context::id SpoolWatch::id;

SpoolWatch::SpoolWatch(asio::execution_context& context)
    : asio::execution_context::service(context), loop_(static_cast<asio::io_context&>(context)) {}

void SpoolWatch::shutdown() {
    inotify_.reset();
    watches_.clear();
}

int SpoolWatch::watch(const std::filesystem::path& file, std::function<void()> grown) {
    if (!inotify_ && !open()) return -1;
    const int watch = ::inotify_add_watch(inotify_->native_handle(), file.c_str(), IN_MODIFY);
    if (watch < 0) return -1;
    watches_[watch] = std::move(grown);
    return watch;
}

void SpoolWatch::unwatch(int watch) {
    if (watches_.erase(watch) == 0 || !inotify_) return;
    ::inotify_rm_watch(inotify_->native_handle(), watch);
}

bool SpoolWatch::open() {
    const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) return false;
    inotify_ = std::make_unique<asio::posix::stream_descriptor>(loop_, fd);
    wait();
    return true;
}

void SpoolWatch::wait() {
    inotify_->async_wait(asio::posix::stream_descriptor::wait_read,
                         [this](const boost::system::error_code& error) {
                             if (error || !inotify_) return;
                             dispatch();
                             if (inotify_) wait();
                         });
}

void SpoolWatch::dispatch() {
    alignas(inotify_event) char events[16 * 1024];
    std::set<int> grown; // each once, however many writes there were
    bool overflowed = false;
    ssize_t size = 0;
    while ((size = ::read(inotify_->native_handle(), events, sizeof events)) > 0) {
        for (ssize_t at = 0; at < size;) {
            inotify_event event;
            std::memcpy(&event, events + at, sizeof event);
            if (event.mask & IN_Q_OVERFLOW)
                overflowed = true;
            else
                grown.insert(event.wd);
            at += static_cast<ssize_t>(sizeof event + event.len);
        }
    }
    // Events were dropped: any spool may have grown.
    if (overflowed)
        for (const auto& [watch, callback] : watches_) grown.insert(watch);
    for (const int watch : grown) call(watch);
}

void SpoolWatch::call(int watch) {
    const auto found = watches_.find(watch);
    if (found == watches_.end()) return;
    const std::function<void()> callback = found->second; // it may unwatch itself
    callback();
}

} // namespace agentcron::process
