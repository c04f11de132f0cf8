// May a failed attempt be followed by another, and when? Pure.
#pragma once

#include "base/clock.hpp"
#include "task/spec.hpp"
#include "task/status.hpp"

#include <optional>

namespace agentcron::task {

// The pause before the attempt after `attempt` (from 1): exponential from policy.backoff, capped,
// with full jitter above half: uniform in [d/2, d] by `random` in [0,1). nullopt: the budget is
// spent or the reason is one that a repetition cannot cure (spawn, output_limit, input_timeout).
std::optional<base::Seconds> next_attempt_after(const RetryPolicy& policy, int attempt,
                                                Reason reason, double random);

} // namespace agentcron::task
