#include "task/retry_policy.hpp"

#include "base/text.hpp"
#include "support/catch.hpp"

using namespace agentcron::task;
using agentcron::base::duration_max;
using agentcron::base::Millis;
using agentcron::base::Seconds;

namespace {

constexpr double almost_one = 0.999999999;
const RetryPolicy policy{.attempts = 10, .backoff = Seconds{30}, .max_backoff = Seconds{300}};

std::optional<Millis> after(const RetryPolicy& retry, int attempt, Reason reason,
                            double random = 0.0, std::optional<int> exit_code = std::nullopt) {
    return next_attempt_after(retry, attempt, reason, exit_code, random);
}

} // namespace

TEST_CASE("the pause doubles and stops at its cap", "[unit][task]") {
    const std::vector<long> highest{30, 60, 120, 240, 300, 300, 300, 300, 300};
    RetryPolicy exact = policy;
    exact.jitter = false;
    for (int attempt = 1; attempt < policy.attempts; ++attempt) {
        const Seconds high{highest[static_cast<std::size_t>(attempt - 1)]};
        CAPTURE(attempt);
        CHECK(after(policy, attempt, Reason::exit_code, almost_one) == high);
        CHECK(after(policy, attempt, Reason::exit_code, 0.0) == Seconds{0});
        CHECK(after(exact, attempt, Reason::exit_code, 0.0) == high);
        CHECK(after(exact, attempt, Reason::exit_code, almost_one) == high);
    }
    CHECK(after(policy, 1, Reason::exit_code, 0.5) == Millis{15'000});
    CHECK(after(policy, 1, Reason::exit_code, 0.0001) == Millis{3});
}

TEST_CASE("the budget of attempts ends", "[unit][task]") {
    CHECK_FALSE(after(policy, 10, Reason::exit_code));
    CHECK_FALSE(after(policy, 11, Reason::exit_code));
    CHECK_FALSE(after(RetryPolicy{}, 1, Reason::exit_code));
    CHECK_FALSE(after(RetryPolicy{.attempts = 0}, 1, Reason::exit_code));
}

TEST_CASE("huge attempts and odd pauses stay within the cap", "[unit][task]") {
    const RetryPolicy endless{
        .attempts = 2'000'000'000, .backoff = Seconds{7}, .max_backoff = duration_max};
    CHECK(after(endless, 1'999'999'999, Reason::lost, almost_one) <= endless.max_backoff);
    const RetryPolicy inverted{.attempts = 3, .backoff = Seconds{60}, .max_backoff = Seconds{10}};
    CHECK(after(inverted, 1, Reason::lost, almost_one) == Seconds{10});
    const RetryPolicy none{.attempts = 3, .backoff = Seconds{0}, .max_backoff = Seconds{10}};
    CHECK(after(none, 2, Reason::lost, almost_one) == Seconds{0});
}

TEST_CASE("only failures that a repetition can cure are retried", "[unit][task]") {
    for (const Reason reason : {Reason::exit_code, Reason::signal, Reason::timeout, Reason::stalled,
                                Reason::lost, Reason::protocol, Reason::check})
        CHECK(after(policy, 1, reason).has_value());
    for (const Reason reason : {Reason::spawn, Reason::output_limit, Reason::input_timeout,
                                Reason::budget, Reason::none, Reason::user, Reason::overlap})
        CHECK_FALSE(after(policy, 1, reason).has_value());
    for (const Reason reason : all_reasons) {
        if (is_retryable(reason)) CHECK(allows(Status::failed, reason));
    }
}

TEST_CASE("a list of reasons replaces the usual ones", "[unit][task]") {
    RetryPolicy only = policy;
    only.on = {Reason::spawn, Reason::timeout};
    CHECK(after(only, 1, Reason::spawn).has_value());
    CHECK(after(only, 1, Reason::timeout).has_value());
    CHECK_FALSE(after(only, 1, Reason::exit_code).has_value());
    only.on->clear();
    CHECK_FALSE(after(only, 1, Reason::timeout).has_value());
}

TEST_CASE("an exit code that never retries ends the task whatever the reason", "[unit][task]") {
    RetryPolicy picky = policy;
    picky.never_on_exit = {2, 64};
    CHECK_FALSE(after(picky, 1, Reason::exit_code, 0.5, 2).has_value());
    CHECK_FALSE(after(picky, 1, Reason::check, 0.5, 64).has_value());
    CHECK(after(picky, 1, Reason::exit_code, 0.5, 1).has_value());
    CHECK(after(picky, 1, Reason::signal).has_value());
}
