#include "task/lease_window.hpp"

#include "support/catch.hpp"

namespace agentcron::task {

using base::Millis;

TEST_CASE("an agent is told to end and killed before its lease ends", "[unit][task]") {
    const auto ttl = GENERATE(Millis(300), Millis(1000), Millis(60'000), Millis(3'600'000));
    const auto grace = GENERATE(Millis(0), Millis(50), Millis(5000), Millis(86'400'000));
    const auto window = lease_window(ttl, grace);
    CHECK(window.grace <= grace);
    CHECK(window.worker_ends < window.shim_ends);
    CHECK(window.shim_ends + window.grace < ttl);
    // It is renewed every third of its life: a renewal that came late harms nobody.
    CHECK(window.worker_ends > ttl / 3);
}

TEST_CASE("an agent gets the grace that it asks for, if the lease has room for it",
          "[unit][task]") {
    CHECK(lease_window(Millis(60'000), Millis(5000)).grace == Millis(5000));
    CHECK(lease_window(Millis(60'000), Millis(5000)).worker_ends == Millis(45'000));
    CHECK(lease_window(Millis(60'000), Millis(60'000)).grace == Millis(20'000));
}

} // namespace agentcron::task
