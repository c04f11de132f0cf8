// Tells when spools have grown: one inotify instance for all runs of an io_context. A service of
// the context, so use boost::asio::use_service<SpoolWatch>(loop). Loop thread only.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>

namespace agentcron::process {

class SpoolWatch : public boost::asio::execution_context::service {
public:
    using key_type = SpoolWatch;
    static boost::asio::execution_context::id id;

    explicit SpoolWatch(boost::asio::execution_context& context);

    // Calls `grown` after writes to the file, until `unwatch` of the returned number; several
    // writes may make one call. A call may unwatch. A file may be watched more than once. -1 with
    // errno set where the machine's limits on inotify are reached.
    int watch(const std::filesystem::path& file, std::function<void()> grown);
    void unwatch(int watch);

private:
    void shutdown() override;
    bool open();
    void wait();
    void dispatch();
    void call(int watch);

    boost::asio::io_context& loop_;
    std::unique_ptr<boost::asio::posix::stream_descriptor> inotify_;
    struct Watch {
        int descriptor; // the same for all of one file
        std::function<void()> grown;
    };
    std::map<int, Watch> watches_;
    int last_ = 0;
};

} // namespace agentcron::process
