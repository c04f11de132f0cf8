// The private server may die while the daemon lives: it is started again. Loop thread only.
#pragma once

#include "base/backoff.hpp"
#include "db/private_cluster.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

namespace agentcron::db {

class ClusterWatch {
public:
    ClusterWatch(boost::asio::io_context& loop, PrivateCluster& cluster);
    // From now on its end is its own.
    void stop();

private:
    void wait_for_end();
    void restart();
    void restart_later();
    void start();

    PrivateCluster& cluster_;
    boost::asio::posix::stream_descriptor server_;
    boost::asio::steady_timer pause_;
    base::Backoff backoff_{base::Millis(200), base::Millis(10'000)};
    std::chrono::steady_clock::time_point started_{}; // by us, again
    bool stopped_ = false;
};

} // namespace agentcron::db
