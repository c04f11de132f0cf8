#include "engine/launch_pause.hpp"

#include "support/catch.hpp"

using agentcron::base::Millis;
using agentcron::base::Seconds;
using agentcron::engine::LaunchPause;

namespace {

const LaunchPause::Time now = LaunchPause::Time{} + Seconds(1000);

} // namespace

TEST_CASE("without a failure a worker claims for all its slots", "[unit][engine]") {
    LaunchPause pause;
    CHECK_FALSE(pause.is_on());
    CHECK(pause.allowed(500, now) == 500);
    CHECK_FALSE(pause.could_start());
    CHECK_FALSE(pause.made_room());
    CHECK_FALSE(pause.claimed(0, 4));
}

TEST_CASE("a failed start is followed by a pause, then by one more try", "[unit][engine]") {
    LaunchPause pause;
    CHECK(pause.could_not_start(now, 0));
    CHECK(pause.until() == now + Millis(500));
    CHECK(pause.allowed(8, now) == 0);
    CHECK(pause.allowed(8, pause.until()) == 1);
    CHECK(pause.allowed(0, pause.until()) == 0);
}

TEST_CASE("tasks that were claimed together are one failure", "[unit][engine]") {
    LaunchPause pause;
    CHECK(pause.could_not_start(now, 0));
    const auto until = pause.until();
    CHECK_FALSE(pause.could_not_start(now + Millis(1), 0));
    CHECK(pause.until() == until);
}

TEST_CASE("pauses grow to half a minute and no further", "[unit][engine]") {
    LaunchPause pause;
    auto at = now;
    auto before = Millis(0);
    for (int i = 0; i < 12; ++i) {
        CHECK(pause.could_not_start(at, 0) == (i == 0)); // said once
        const auto length = std::chrono::duration_cast<Millis>(pause.until() - at);
        CHECK(length >= before);
        CHECK(length <= Seconds(30));
        before = length;
        at = pause.until();
    }
    CHECK(before == Seconds(15)); // half of it at least, by chance
}

TEST_CASE("an end of ours ends the pause but not the caution", "[unit][engine]") {
    LaunchPause pause;
    pause.could_not_start(now, 0);
    CHECK(pause.made_room());
    CHECK(pause.allowed(8, now) == 1);
    CHECK_FALSE(pause.could_not_start(now, 0)); // not said again, and longer
    CHECK(pause.until() == now + Seconds(1));
}

TEST_CASE("each agent that runs doubles what may be claimed", "[unit][engine]") {
    LaunchPause pause;
    pause.could_not_start(now, 0);
    const auto later = pause.until();
    for (const int most : {2, 4, 8, 16, 32}) {
        CHECK(pause.could_start());
        CHECK(pause.allowed(500, later) == most);
    }
    CHECK(pause.could_start());
    CHECK_FALSE(pause.is_on());
    CHECK(pause.allowed(500, later) == 500);
}

TEST_CASE("it is over when a claim got all there was after an agent ran", "[unit][engine]") {
    LaunchPause pause;
    pause.could_not_start(now, 0);
    CHECK_FALSE(pause.claimed(0, 1)); // nothing was tried
    pause.could_start();
    CHECK_FALSE(pause.claimed(2, 2)); // perhaps there is more
    CHECK(pause.claimed(1, 2));
    CHECK_FALSE(pause.is_on());
    CHECK(pause.could_not_start(now, 0)); // another time, from the first pause on
    CHECK(pause.until() == now + Millis(500));
}
