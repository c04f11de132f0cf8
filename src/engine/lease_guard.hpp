// Watches over one attempt's lease: says when it may end before it was renewed, and for how long
// its agent may live without hearing more. A worker that is alone has nobody who could take its
// task over: its agents run on, however long the database is away. Owned by the attempt; loop
// thread.
#pragma once

#include "task/lease_window.hpp"
#include "task/task_store.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>

namespace agentcron::engine {

class LeaseGuard {
public:
    // `may_end` comes once for each time that the lease was not renewed in time.
    LeaseGuard(boost::asio::io_context& loop, std::function<void()> may_end);
    ~LeaseGuard() { *alive_ = false; }
    LeaseGuard(const LeaseGuard&) = delete;
    LeaseGuard& operator=(const LeaseGuard&) = delete;

    // `grace` as in lease_window.
    void renewed(const task::LeaseTerm& term, base::Millis grace);
    // The store was down for everybody at that time, which counts as a renewal if it was later than
    // the last one; false: it is too long ago.
    bool wait_from(base::BootClock::time_point down_at);
    void stop();

    // The lease may end by now, whether `may_end` came or not: a worker that was stopped for a
    // while has other things to do first.
    bool is_over() const { return due_ && base::BootClock::now() >= *due_; }
    base::Millis grace() const { return window_.grace; }
    // What a shim is to be told now: it ends the agent then, unless it hears more; 0 = never.
    base::Millis shim_time_left() const;

private:
    void arm();

    task::LeaseTerm term_;
    task::LeaseWindow window_{};
    boost::asio::basic_waitable_timer<base::BootClock> timer_;
    std::optional<base::BootClock::time_point> due_;
    std::function<void()> may_end_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace agentcron::engine
