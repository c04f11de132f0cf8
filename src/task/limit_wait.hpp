// How long a task waits for the end of a limit of its agent's provider. Pure.
#pragma once

#include "base/clock.hpp"

namespace agentcron::task {

// After the instant at which a limit is known to end: a random part of a minute, by `random` in
// [0,1), so that those who hit it together do not come back together.
base::Millis after_limit(double random);
// Where that instant is not known: five minutes after the first wait, twice as long after each
// further one, at most an hour; of it a random part from the half on. `waits_before` counts the
// task's earlier waits.
base::Millis pause_at_limit(int waits_before, double random);

} // namespace agentcron::task
