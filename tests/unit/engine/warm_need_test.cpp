#include "engine/warm_need.hpp"
#include "support/catch.hpp"

using namespace agentcron::engine;
using agentcron::base::Millis;
using agentcron::base::Seconds;
using Indices = std::vector<std::size_t>;

namespace {

const SteadyTime now = SteadyTime{} + Seconds(1000);

Coming start_of(const std::string& agent, Seconds due_in, Seconds prewarm,
                std::optional<int> max_concurrent = {}) {
    return {agent, now + due_in, prewarm, max_concurrent};
}

} // namespace

TEST_CASE("a process is needed from its prewarm on", "[unit][engine]") {
    const std::vector<Coming> coming{start_of("a", Seconds(10), Seconds(10)),
                                     start_of("b", Seconds(11), Seconds(10)),
                                     start_of("c", Seconds(60), Seconds(30))};
    const auto need = warm_need(coming, {}, 4, now);
    CHECK(need.start == Indices{0});
    CHECK(need.next == now + Seconds(1));
    CHECK(need.needed_at.at("a") == now + Seconds(10));
    CHECK(need.needed_at.size() == 1);
}

TEST_CASE("a longer prewarm comes first though its fire time is later", "[unit][engine]") {
    const std::vector<Coming> coming{start_of("a", Seconds(20), Seconds(5)),
                                     start_of("b", Seconds(40), Seconds(60))};
    const auto need = warm_need(coming, {}, 4, now);
    CHECK(need.start == Indices{1});
    CHECK(need.next == now + Seconds(15));
}

TEST_CASE("what waits already is not started again", "[unit][engine]") {
    const std::vector<Coming> coming{start_of("a", Seconds(1), Seconds(10)),
                                     start_of("a", Seconds(2), Seconds(10)),
                                     start_of("b", Seconds(3), Seconds(10))};
    const auto need = warm_need(coming, {{"a", 1}}, 4, now);
    CHECK(need.start == Indices{1, 2});
    CHECK(need.needed_at.at("a") == now + Seconds(2));
    CHECK(warm_need(coming, {{"a", 2}, {"b", 1}}, 4, now).start.empty());
}

TEST_CASE("no more processes wait than there is room, the earliest first", "[unit][engine]") {
    const std::vector<Coming> coming{start_of("a", Seconds(1), Seconds(10)),
                                     start_of("b", Seconds(2), Seconds(10)),
                                     start_of("c", Seconds(3), Seconds(10))};
    CHECK(warm_need(coming, {}, 2, now).start == Indices{0, 1});
    CHECK(warm_need(coming, {}, 0, now).start.empty());
    CHECK(warm_need(coming, {}, -1, now).start.empty());
    // What waits will take a slot too; what waits for nothing will not.
    CHECK(warm_need(coming, {{"a", 1}}, 2, now).start == Indices{1});
    CHECK(warm_need(coming, {{"d", 5}}, 2, now).start == Indices{0, 1});
}

TEST_CASE("of an agent no more wait than may run at once", "[unit][engine]") {
    const std::vector<Coming> coming{start_of("a", Seconds(1), Seconds(10), 1),
                                     start_of("a", Seconds(2), Seconds(10), 1),
                                     start_of("b", Seconds(3), Seconds(10))};
    CHECK(warm_need(coming, {}, 4, now).start == Indices{0, 2});
    CHECK(warm_need(coming, {{"a", 1}}, 4, now).start == Indices{2});
}

TEST_CASE("what is due is the claim's, no process is started for it", "[unit][engine]") {
    const std::vector<Coming> coming{start_of("a", Seconds(0), Seconds(10)),
                                     start_of("a", Seconds(-1), Seconds(10))};
    const auto need = warm_need(coming, {}, 4, now);
    CHECK(need.start.empty());
    CHECK_FALSE(need.next);
}
