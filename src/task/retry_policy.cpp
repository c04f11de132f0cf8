#include "task/retry_policy.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace agentcron::task {

namespace {

// policy.backoff doubled after each attempt but the first, never above policy.max_backoff.
base::Seconds ceiling(const RetryPolicy& policy, int attempt) {
    base::Seconds pause = std::min(policy.backoff, policy.max_backoff);
    for (int i = 1; i < attempt && pause.count() > 0; ++i) {
        if (pause > policy.max_backoff / 2) return policy.max_backoff;
        pause *= 2;
    }
    return pause;
}

bool may_retry(const RetryPolicy& policy, Reason reason, std::optional<int> exit_code) {
    const auto& never = policy.never_on_exit;
    if (exit_code && std::find(never.begin(), never.end(), *exit_code) != never.end()) return false;
    if (!policy.on) return is_retryable(reason);
    return std::find(policy.on->begin(), policy.on->end(), reason) != policy.on->end();
}

} // namespace

bool is_retryable(Reason reason) {
    switch (reason) {
    case Reason::exit_code:
    case Reason::signal:
    case Reason::timeout:
    case Reason::stalled:
    case Reason::lost:
    case Reason::protocol:
    case Reason::check:
    case Reason::context: return true;
    case Reason::input_timeout:
    case Reason::spawn:
    case Reason::budget:
    case Reason::output_limit: return false;
    case Reason::none:
    case Reason::retry:
    case Reason::usage_limit:
    case Reason::auth:
    case Reason::upstream:
    case Reason::user:
    case Reason::replaced:
    case Reason::overlap:
    case Reason::missed:
    case Reason::expired:
    case Reason::open_question: return false;
    }
    return false;
}

std::optional<base::Millis> next_attempt_after(const RetryPolicy& policy, int attempt,
                                               Reason reason, std::optional<int> exit_code,
                                               double random) {
    AGENTCRON_CHECK(attempt >= 1, "attempt {}", attempt);
    AGENTCRON_CHECK(random >= 0 && random < 1, "random {}", random);
    if (attempt >= policy.attempts || !may_retry(policy, reason, exit_code)) return std::nullopt;
    const base::Millis high = ceiling(policy, attempt);
    if (!policy.jitter) return high;
    const auto choices = static_cast<double>(high.count()) + 1;
    return std::min(base::Millis{static_cast<base::Millis::rep>(random * choices)}, high);
}

} // namespace agentcron::task
