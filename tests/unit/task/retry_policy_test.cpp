#include "task/retry_policy.hpp"

#include "support/catch.hpp"

using namespace agentcron::task;
using agentcron::base::Seconds;

namespace {

constexpr double almost_one = 0.999999999;
const RetryPolicy policy{.attempts = 10, .backoff = Seconds{30}, .max_backoff = Seconds{300}};

} // namespace

TEST_CASE("the pause doubles and stops at its cap", "[unit][task]") {
    const std::vector<long> highest{30, 60, 120, 240, 300, 300, 300, 300, 300};
    for (int attempt = 1; attempt < policy.attempts; ++attempt) {
        const long high = highest[static_cast<std::size_t>(attempt - 1)];
        CAPTURE(attempt);
        CHECK(next_attempt_after(policy, attempt, Reason::exit_code, almost_one) == Seconds{high});
        CHECK(next_attempt_after(policy, attempt, Reason::exit_code, 0.0) == Seconds{high / 2});
    }
    CHECK(next_attempt_after(policy, 1, Reason::exit_code, 0.5) == Seconds{23});
}

TEST_CASE("the budget of attempts ends", "[unit][task]") {
    CHECK_FALSE(next_attempt_after(policy, 10, Reason::exit_code, 0.0));
    CHECK_FALSE(next_attempt_after(policy, 11, Reason::exit_code, 0.0));
    CHECK_FALSE(next_attempt_after(RetryPolicy{}, 1, Reason::exit_code, 0.0));
    CHECK_FALSE(next_attempt_after(RetryPolicy{.attempts = 0}, 1, Reason::exit_code, 0.0));
}

TEST_CASE("huge attempts and odd pauses stay within the cap", "[unit][task]") {
    const RetryPolicy endless{
        .attempts = 2'000'000'000, .backoff = Seconds{7}, .max_backoff = Seconds::max() / 4};
    CHECK(next_attempt_after(endless, 1'999'999'999, Reason::lost, 0.0) <= endless.max_backoff);
    const RetryPolicy inverted{.attempts = 3, .backoff = Seconds{60}, .max_backoff = Seconds{10}};
    CHECK(next_attempt_after(inverted, 1, Reason::lost, almost_one) == Seconds{10});
    const RetryPolicy none{.attempts = 3, .backoff = Seconds{0}, .max_backoff = Seconds{10}};
    CHECK(next_attempt_after(none, 2, Reason::lost, almost_one) == Seconds{0});
    const RetryPolicy one{.attempts = 3, .backoff = Seconds{1}, .max_backoff = Seconds{10}};
    CHECK(next_attempt_after(one, 1, Reason::lost, 0.0) == Seconds{1});
}

TEST_CASE("only failures that a repetition can cure are retried", "[unit][task]") {
    for (const Reason reason : {Reason::exit_code, Reason::signal, Reason::timeout, Reason::stalled,
                                Reason::lost, Reason::protocol, Reason::check})
        CHECK(next_attempt_after(policy, 1, reason, 0.0).has_value());
    for (const Reason reason : {Reason::spawn, Reason::output_limit, Reason::input_timeout,
                                Reason::budget, Reason::none, Reason::user, Reason::overlap})
        CHECK_FALSE(next_attempt_after(policy, 1, reason, 0.0).has_value());
    for (const Reason reason : all_reasons) {
        if (is_retryable(reason)) CHECK(allows(Status::failed, reason));
    }
}
