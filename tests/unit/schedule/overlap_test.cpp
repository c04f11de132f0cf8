#include "schedule/overlap.hpp"

#include "support/catch.hpp"

namespace agentcron::schedule {
namespace {

using Kind = OverlapFate::Kind;
using Standing = Unfinished::Standing;

base::Instant at(int minute) {
    return base::Instant{} + std::chrono::minutes(minute);
}
Unfinished running(std::int64_t id) {
    return {id, Standing::running, {}, false};
}
Unfinished waiting(std::int64_t id) {
    return {id, Standing::waiting, {}, false};
}
Unfinished begun(std::int64_t id) {
    return {id, Standing::begun, at(0), false};
}
Unfinished in_line(std::int64_t id, int minute) {
    return {id, Standing::in_line, at(minute), false};
}
Unfinished waits_turn(std::int64_t id, int minute) {
    return {id, Standing::in_line, at(minute), true};
}

OverlapPolicy policy(Overlap overlap, WhileWaiting while_waiting = WhileWaiting::skip) {
    return {overlap, while_waiting, 2};
}
OverlapTask task(int minute = 10) {
    return {at(minute), false, false};
}

Kind entry(Overlap overlap, std::vector<Unfinished> others) {
    return at_entry(policy(overlap), task(), others).kind;
}
Kind start(Overlap overlap, std::vector<Unfinished> others, OverlapTask which = task()) {
    return at_start(policy(overlap), which, others).kind;
}

} // namespace

TEST_CASE("a task with no other of its schedule goes under every policy", "[unit][schedule]") {
    for (const auto overlap : {Overlap::skip, Overlap::queue_one, Overlap::queue_all,
                               Overlap::cancel_previous, Overlap::allow}) {
        CHECK(entry(overlap, {}) == Kind::go);
        CHECK(start(overlap, {}) == Kind::go);
    }
}

TEST_CASE("skip drops what comes while another is unfinished", "[unit][schedule]") {
    for (const auto& other : {running(1), begun(1)}) {
        CHECK(entry(Overlap::skip, {other}) == Kind::skip);
        CHECK(start(Overlap::skip, {other}) == Kind::skip);
    }
    CHECK(entry(Overlap::skip, {in_line(1, 5)}) == Kind::skip);
    const auto fate = at_start(policy(Overlap::skip), task(), std::vector{running(7)});
    CHECK(fate.because_of == 7);
    CHECK(fate.message == "task 7 was not finished");
}

TEST_CASE("queue_one keeps the first late one", "[unit][schedule]") {
    CHECK(entry(Overlap::queue_one, {running(1)}) == Kind::go);
    CHECK(entry(Overlap::queue_one, {running(1), in_line(2, 5)}) == Kind::skip);
    CHECK(start(Overlap::queue_one, {running(1)}) == Kind::wait);
    // The later ones in the queue do not push it out.
    CHECK(start(Overlap::queue_one, {running(1), in_line(3, 20)}) == Kind::wait);
    const auto fate =
        at_start(policy(Overlap::queue_one), task(), std::vector{running(1), waits_turn(2, 5)});
    CHECK(fate.kind == Kind::skip);
    CHECK(fate.because_of == 2);
    CHECK(fate.message == "task 2 already waits its turn");
}

TEST_CASE("queue_all keeps as many as queue_max", "[unit][schedule]") {
    CHECK(entry(Overlap::queue_all, {running(1), in_line(2, 5)}) == Kind::go);
    CHECK(entry(Overlap::queue_all, {running(1), in_line(2, 5), in_line(3, 6)}) == Kind::skip);
    CHECK(start(Overlap::queue_all, {running(1), waits_turn(2, 5)}) == Kind::wait);
    CHECK(start(Overlap::queue_all, {running(1), waits_turn(2, 5), waits_turn(3, 6)}) ==
          Kind::skip);
}

TEST_CASE("what waits its turn goes in order", "[unit][schedule]") {
    CHECK(start(Overlap::queue_all, {waits_turn(2, 5)}) == Kind::wait);
    CHECK(start(Overlap::queue_all, {waits_turn(2, 15)}) == Kind::go);
    // An older one that is out of reach in the queue holds nobody up.
    CHECK(start(Overlap::queue_all, {in_line(2, 5)}) == Kind::go);
}

TEST_CASE("cancel_previous asks all that runs to end and waits for it", "[unit][schedule]") {
    CHECK(entry(Overlap::cancel_previous, {running(1), in_line(2, 5)}) == Kind::go);
    const auto fate =
        at_start(policy(Overlap::cancel_previous), task(), std::vector{running(1), begun(4)});
    CHECK(fate.kind == Kind::wait);
    CHECK(fate.cancels == std::vector<std::int64_t>{1, 4});
}

TEST_CASE("under cancel_previous a newer task takes the place of one in line", "[unit][schedule]") {
    const auto fate =
        at_start(policy(Overlap::cancel_previous), task(), std::vector{running(1), in_line(9, 11)});
    CHECK(fate.kind == Kind::replaced);
    CHECK(fate.because_of == 9);
    CHECK(fate.cancels.empty());
}

TEST_CASE("an open question stops new due times under every overlap policy", "[unit][schedule]") {
    for (const auto overlap : {Overlap::skip, Overlap::queue_one, Overlap::queue_all,
                               Overlap::cancel_previous, Overlap::allow}) {
        CHECK(entry(overlap, {waiting(1)}) == Kind::skip_for_question);
        CHECK(start(overlap, {waiting(1)}) == Kind::skip_for_question);
    }
}

TEST_CASE("while_waiting allow: a task that waits does not count", "[unit][schedule]") {
    for (const auto overlap : {Overlap::skip, Overlap::queue_one, Overlap::queue_all,
                               Overlap::cancel_previous, Overlap::allow}) {
        const auto allow = policy(overlap, WhileWaiting::allow);
        CHECK(at_entry(allow, task(), std::vector{waiting(1)}).kind == Kind::go);
        CHECK(at_start(allow, task(), std::vector{waiting(1)}).kind == Kind::go);
    }
}

TEST_CASE("what a person asked for is never dropped and never overlaps", "[unit][schedule]") {
    const OverlapTask kept{at(10), false, true};
    for (const auto overlap : {Overlap::skip, Overlap::queue_one, Overlap::queue_all}) {
        CHECK(at_entry(policy(overlap), kept, std::vector{running(1), waits_turn(2, 5)}).kind ==
              Kind::go);
        CHECK(start(overlap, {running(1), waits_turn(2, 5), waits_turn(3, 6)}, kept) == Kind::wait);
        CHECK(start(overlap, {waiting(1)}, kept) == Kind::go);
    }
    CHECK(start(Overlap::allow, {running(1)}, kept) == Kind::go);
}

TEST_CASE("a task that began before may have to wait but is not dropped", "[unit][schedule]") {
    const OverlapTask again{at(10), true, false};
    for (const auto overlap :
         {Overlap::skip, Overlap::queue_one, Overlap::queue_all, Overlap::cancel_previous}) {
        CHECK(start(overlap, {running(1)}, again) == Kind::wait);
        // Two that began before would else wait for each other.
        CHECK(start(overlap, {begun(1)}, again) == Kind::go);
        CHECK(start(overlap, {waiting(1)}, again) == Kind::go);
    }
}

TEST_CASE("a task that goes on and waits its turn is in line, not in the way", "[unit][schedule]") {
    const Unfinished answered{2, Standing::begun, at(5), true};
    for (const auto overlap : {Overlap::skip, Overlap::queue_one, Overlap::queue_all}) {
        CHECK(start(overlap, {answered}, task(10)) == Kind::wait);
        CHECK(start(overlap, {answered}, task(3)) == Kind::go);
    }
    const auto fate = at_start(policy(Overlap::cancel_previous), task(10), std::vector{answered});
    CHECK(fate.kind == Kind::wait);
    CHECK(fate.cancels == std::vector<std::int64_t>{2});
}

} // namespace agentcron::schedule
