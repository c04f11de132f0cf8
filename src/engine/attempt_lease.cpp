// The part of an attempt that deals with its lease.
#include "engine/attempt.hpp"

#include <spdlog/spdlog.h>

namespace agentcron::engine {

// From its claim on, and with each renewal that was good.
void Attempt::lease_renewed(const task::LeaseTerm& term) {
    if (closed_ || lost_ || lease_over_) return;
    lease_guard_.renewed(term, profile_.grace);
    tell_shim_of_lease();
}

// A worker that is stopped or dead ends nothing: then the shim does.
void Attempt::tell_shim_of_lease() {
    const auto left = lease_guard_.shim_time_left();
    if (check_) return check_->set_lease(left, lease_guard_.grace());
    if (process_ && !exit_) process_->set_lease(left, lease_guard_.grace());
}

// It could not be renewed, and others are there to take the task. What comes of the attempt is
// written as ever: if the lease turns out to be good, nothing of it is lost.
void Attempt::lease_may_end() {
    if (closed_ || concluding_ || lost_ || lease_over_) return;
    // Also where nothing runs just now: its check may be still to come.
    if (lease_guard_.wait_from(host_.store.down_at())) return tell_shim_of_lease();
    if (is_over()) return;
    lease_over_ = true;
    spdlog::warn("the lease was not renewed and other workers are there: ending the agent task={} "
                 "schedule={} run={}",
                 lease().task_id, claimed_.schedule, lease().run_no);
    const auto grace = lease_guard_.grace();
    if (check_) return check_->terminate(grace);
    if (process_) return process_->terminate(grace);
    preparation_->stop(grace);
    prepare();
}

// Another attempt may own the task: whatever is written now is refused, so nothing is.
void Attempt::lease_lost() {
    // The write that ends an attempt ends its lease, and sees by itself if that was lost before.
    if (closed_ || concluding_ || std::exchange(lost_, true)) return;
    spdlog::warn("lease lost, killing the agent task={} schedule={} run={}", lease().task_id,
                 claimed_.schedule, lease().run_no);
    if (is_over()) return close();
    kill();
    if (!process_) prepare();
}

} // namespace agentcron::engine
