#include "engine/lease_guard.hpp"

#include <algorithm>

namespace agentcron::engine {

LeaseGuard::LeaseGuard(boost::asio::io_context& loop, std::function<void()> may_end)
    : timer_(loop), may_end_(std::move(may_end)) {}

void LeaseGuard::renewed(const task::LeaseTerm& term, base::Millis grace) {
    term_ = term;
    window_ = task::lease_window(term.ttl, grace);
    stop();
    if (term.has_rivals) arm();
}

bool LeaseGuard::wait_from(base::BootClock::time_point down_at) {
    if (down_at + window_.worker_ends <= base::BootClock::now()) return false;
    term_.sent = std::max(term_.sent, down_at);
    arm();
    return true;
}

void LeaseGuard::arm() {
    due_ = term_.sent + window_.worker_ends;
    timer_.expires_at(*due_);
    timer_.async_wait([this, at = *due_, alive = alive_](const boost::system::error_code& error) {
        // It may have been on its way already when a renewal came.
        if (!error && *alive && due_ == at) may_end_();
    });
}

void LeaseGuard::stop() {
    due_.reset();
    timer_.cancel();
}

base::Millis LeaseGuard::shim_time_left() const {
    if (!term_.has_rivals || term_.ttl.count() == 0) return base::Millis(0);
    const auto left = term_.sent + window_.shim_ends - base::BootClock::now();
    return std::max(std::chrono::ceil<base::Millis>(left), base::Millis(1));
}

} // namespace agentcron::engine
