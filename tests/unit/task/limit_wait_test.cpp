#include "task/limit_wait.hpp"

#include "support/catch.hpp"

using namespace agentcron::task;
using agentcron::base::Millis;
using std::chrono::minutes;

TEST_CASE("after a limit that is known tasks come back within a minute", "[unit][task]") {
    CHECK(after_limit(0) == Millis(0));
    CHECK(after_limit(0.5) == Millis(30'000));
    CHECK(after_limit(0.999) < minutes(1));
}

TEST_CASE("the pause at a limit whose end is not known doubles up to an hour", "[unit][task]") {
    CHECK(pause_at_limit(0, 0) == Millis(minutes(5)) / 2);
    CHECK(pause_at_limit(0, 0.999) < minutes(5));
    CHECK(pause_at_limit(1, 0) == minutes(5));
    CHECK(pause_at_limit(3, 0) == minutes(20));
    CHECK(pause_at_limit(4, 0) == minutes(30));
    CHECK(pause_at_limit(1'000'000'000, 0.999) < minutes(60));
}
