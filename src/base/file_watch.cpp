#include "base/file_watch.hpp"

#include <cerrno>
#include <sys/inotify.h>
#include <system_error>
#include <unistd.h>

namespace agentcron::base {
namespace {

constexpr std::uint32_t changes =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB;

std::string file_name_of(const std::filesystem::path& path) {
    return std::filesystem::is_directory(path) ? std::string() : path.filename().string();
}

std::filesystem::path directory_of(const std::filesystem::path& path) {
    if (std::filesystem::is_directory(path)) return path;
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

} // namespace

FileWatch::FileWatch(boost::asio::io_context& loop, const std::filesystem::path& path,
                     std::function<void()> changed)
    : events_(loop, ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK))
    , quiet_(loop)
    , only_(file_name_of(path))
    , changed_(std::move(changed)) {
    const auto directory = directory_of(path);
    if (::inotify_add_watch(events_.native_handle(), directory.c_str(), changes) < 0)
        throw std::system_error(errno, std::generic_category(), "watching " + directory.string());
    wait();
}

void FileWatch::wait() {
    events_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this](const boost::system::error_code& error) {
                           if (error) return;
                           if (read_events()) {
                               quiet_.expires_after(quiet_for);
                               quiet_.async_wait([this](const boost::system::error_code& stopped) {
                                   if (!stopped) changed_();
                               });
                           }
                           wait();
                       });
}

// Was there one of ours among what has come?
bool FileWatch::read_events() {
    bool ours = false;
    ssize_t got = 0;
    while ((got = ::read(events_.native_handle(), buffer_.data(), buffer_.size())) > 0) {
        for (ssize_t at = 0; at < got;) {
            const auto* event = reinterpret_cast<const inotify_event*>(buffer_.data() + at);
            ours |= only_.empty() || (event->len > 0 && only_ == event->name);
            at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
        }
    }
    return ours;
}

} // namespace agentcron::base
