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

// The pause before the attempt after `attempt` (from 1): exponential from policy.backoff, capped at
// policy.max_backoff, and with full jitter, uniform over the milliseconds of [0, d] by `random` in
// [0,1), so that tasks that failed together do not come back together; without jitter exactly d.
// nullopt: the budget is spent, the exit code is one of policy.never_on_exit, or the reason is
// neither in policy.on nor, without such a list, retryable.
std::optional<base::Millis> next_attempt_after(const RetryPolicy& policy, int attempt,
                                               Reason reason, std::optional<int> exit_code,
                                               double random);

} // namespace agentcron::task
