#include "db/cluster_watch.hpp"

#include "base/disk_room.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

namespace agentcron::db {
namespace {

constexpr base::Seconds stable_after{10};
constexpr std::uint64_t room_wanted_bytes = 32u << 20; // two segments of its log

} // namespace

ClusterWatch::ClusterWatch(boost::asio::io_context& loop, PrivateCluster& cluster)
    : cluster_(cluster), server_(loop), pause_(loop) {
    wait_for_end();
}

void ClusterWatch::wait_for_end() {
    boost::system::error_code ignored;
    server_.assign(::dup(cluster_.server_pidfd()), ignored);
    server_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this](const boost::system::error_code& error) {
                           if (error || stopped_) return;
                           server_.close();
                           restart();
                       });
}

// At once if it had run for a while. One that ends soon again, because what is left of its
// predecessor still holds the memory, or for good, is given time.
void ClusterWatch::restart() {
    const auto age = std::chrono::steady_clock::now() - started_;
    if (age < stable_after) return restart_later();
    backoff_.reset();
    start();
}

void ClusterWatch::restart_later() {
    pause_.expires_after(backoff_.next(0.5));
    pause_.async_wait([this](const boost::system::error_code& error) {
        if (!error && !stopped_) start();
    });
}

void ClusterWatch::start() {
    // It ends for want of room for its log, and cannot start without.
    const auto room = base::disk_room(cluster_.directory());
    const bool is_full = room && room->bytes < room_wanted_bytes;
    spdlog::warn("the private PostgreSQL ended{}; starting it again",
                 is_full ? fmt::format(", and its disk is full: make room for {}",
                                       cluster_.directory().string())
                         : "");
    started_ = std::chrono::steady_clock::now();
    try {
        cluster_.restart();
        wait_for_end();
    } catch (const ClusterError& error) {
        spdlog::error("{}", error.what());
        restart_later();
    }
}

void ClusterWatch::stop() {
    stopped_ = true;
}

} // namespace agentcron::db
