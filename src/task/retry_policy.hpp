// May a failed attempt be followed by another, and when? Pure.
#pragma once

#include "base/clock.hpp"
#include "task/spec.hpp"
#include "task/status.hpp"

#include <optional>

namespace agentcron::task {

// Could another attempt end better? False for what a repetition cannot cure or would only pay for
// again (spawn, output_limit, input_timeout, budget) and for reasons that are not of a failure.
bool is_retryable(Reason reason);

// The pause before the attempt after `attempt` (from 1): exponential from policy.backoff, capped,
// with full jitter above half: uniform over the whole seconds of [d/2, d] by `random` in [0,1), so
// that tasks that failed together do not come back together. nullopt: the budget is spent or the
// reason is not retryable.
std::optional<base::Seconds> next_attempt_after(const RetryPolicy& policy, int attempt,
                                                Reason reason, double random);

} // namespace agentcron::task
