// How long an agent may run on a lease that is not renewed, where another worker may take its task
// over. Pure.
//
// The database counts a lease's life from when it renews it, which is after the renewal was sent:
// so from the sending on the lease is good for that long, whatever the clocks say. The agent is
// told to end early enough to be gone by then: first by its worker, a moment later by its shim,
// which also does it for a worker that is stopped or dead.
#pragma once

#include "base/clock.hpp"

namespace agentcron::task {

// Counted from the sending of the last good renewal.
struct LeaseWindow {
    base::Millis worker_ends; // the agent: SIGTERM, after `grace` SIGKILL
    base::Millis shim_ends;   // the same
    base::Millis grace;
};

// `grace` is what the agent asks for to end politely. More than a third of the lease's life is not
// given: until its last third one failed renewal must harm nobody.
LeaseWindow lease_window(base::Millis ttl, base::Millis grace);

} // namespace agentcron::task
