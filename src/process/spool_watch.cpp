#include "process/spool_watch.hpp"

#include <algorithm>
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
    const int descriptor = ::inotify_add_watch(inotify_->native_handle(), file.c_str(), IN_MODIFY);
    if (descriptor < 0) return -1;
    watches_[++last_] = {descriptor, std::move(grown)};
    return last_;
}

void SpoolWatch::unwatch(int watch) {
    const auto found = watches_.find(watch);
    if (found == watches_.end()) return;
    const int descriptor = found->second.descriptor;
    watches_.erase(found);
    const bool is_last = std::none_of(watches_.begin(), watches_.end(), [&](const auto& other) {
        return other.second.descriptor == descriptor;
    });
    if (is_last && inotify_) ::inotify_rm_watch(inotify_->native_handle(), descriptor);
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
    std::vector<int> watches;
    for (const auto& [watch, one] : watches_)
        // Where events were dropped any spool may have grown.
        if (overflowed || grown.contains(one.descriptor)) watches.push_back(watch);
    for (const int watch : watches) call(watch);
}

void SpoolWatch::call(int watch) {
    const auto found = watches_.find(watch);
    if (found == watches_.end()) return;
    const std::function<void()> callback = found->second.grown; // it may unwatch itself
    callback();
}

} // namespace agentcron::process
