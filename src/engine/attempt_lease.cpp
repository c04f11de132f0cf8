// The part of an attempt that deals with its lease.
#include "engine/attempt.hpp"

#include <spdlog/spdlog.h>

namespace agentcron::engine {

// From its claim on, and with each renewal that was good.
void Attempt::lease_renewed(const task::LeaseTerm& term) {
    if (closed_ || lost_) return;
    lease_guard_.renewed(term, profile_.grace);
    tell_shim_of_lease();
}

// A worker that is stopped or dead ends nothing: then its shim does.
void Attempt::tell_shim_of_lease() {
    if (process_ && !exit_) process_->set_lease(lease_guard_.shim_time_left());
}

// It could not be renewed, and others are there to take the task. What has ended by itself is still
// written, if the lease turns out to be good.
void Attempt::lease_may_end() {
    if (closed_ || concluding_ || lost_ || is_over()) return;
    lost_ = true;
    spdlog::warn("the lease was not renewed and other workers are there: ending the agent task={} "
                 "schedule={} run={}",
                 lease().task_id, claimed_.schedule, lease().run_no);
    const auto grace = lease_guard_.grace();
    if (check_) return check_->terminate(grace);
    if (process_) return process_->terminate(grace);
    preparation_->stop(grace);
    prepare();
}

// The shim ended the agent before the worker could.
void Attempt::lease_was_over() {
    if (std::exchange(lost_, true)) return;
    spdlog::warn("the lease was not renewed in time: the agent was ended by its shim task={} "
                 "schedule={} run={}",
                 lease().task_id, claimed_.schedule, lease().run_no);
}

} // namespace agentcron::engine
