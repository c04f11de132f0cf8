// Tells when the files of a directory, or one file, change (inotify). Editors write in several
// steps, so a change is told once things have been quiet for a moment. Loop thread only.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <functional>

namespace agentcron::base {

class FileWatch {
public:
    static constexpr Millis quiet_for{100};

    // Watches the directory `path`, or the directory of the file `path` for that name: a file that
    // is replaced by rename stays watched. Throws std::system_error if it cannot be watched.
    FileWatch(boost::asio::io_context& loop, const std::filesystem::path& path,
              std::function<void()> changed);

private:
    void wait();
    bool read_events();

    boost::asio::posix::stream_descriptor events_;
    boost::asio::steady_timer quiet_;
    const std::string only_; // a file name; "" = every file
    const std::function<void()> changed_;
    alignas(8) std::array<char, 4096> buffer_{};
};

} // namespace agentcron::base
