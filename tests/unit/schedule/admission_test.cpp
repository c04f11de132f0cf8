#include "schedule/admission.hpp"

#include "support/catch.hpp"

namespace agentcron::schedule {
namespace {

using Standing = Unfinished::Standing;

base::Instant at(int minute) {
    return base::Instant{} + std::chrono::minutes(minute);
}

Candidate candidate(std::int64_t id, int minute, std::optional<std::int64_t> schedule = 1) {
    Candidate one;
    one.task_id = id;
    one.schedule_id = schedule;
    one.task.turn_at = at(minute);
    one.policy.overlap = Overlap::queue_all;
    return one;
}

template <class T>
bool is(const Admission& admission) {
    return std::holds_alternative<T>(admission);
}

} // namespace

TEST_CASE("of several tasks of one schedule in one look the first starts", "[unit][schedule]") {
    const auto admitted = admit({candidate(1, 1), candidate(2, 2), candidate(3, 3, 7)}, {});
    REQUIRE(admitted.of.size() == 3);
    CHECK(is<Start>(admitted.of[0]));
    REQUIRE(is<Hold>(admitted.of[1]));
    CHECK(std::get<Hold>(admitted.of[1]).key == "schedule:1");
    CHECK(std::get<Hold>(admitted.of[1]).because_of == 1);
    CHECK(is<Start>(admitted.of[2]));
}

TEST_CASE("a task whose agent has met a limit waits until that ends", "[unit][schedule]") {
    auto walled = candidate(1, 1);
    walled.agent = "claude";
    walled.walled_until = at(10);
    Facts facts;
    facts.now = at(5);
    const auto admitted = admit({walled, candidate(2, 2, 7)}, facts);
    REQUIRE(is<Hold>(admitted.of[0]));
    CHECK(std::get<Hold>(admitted.of[0]).key == "limit:claude");
    CHECK(std::get<Hold>(admitted.of[0]).until == at(10));
    CHECK(is<Start>(admitted.of[1]));
    facts.now = at(10);
    CHECK(is<Start>(admit({walled}, facts).of[0]));
    // What its overlap policy drops is dropped all the same.
    walled.policy.overlap = Overlap::skip;
    facts.now = at(5);
    facts.unfinished[1] = {{9, Standing::running, {}, false}};
    CHECK(is<Drop>(admit({walled}, facts).of[0]));
}

TEST_CASE("what is dropped in a look does not count for the next in it", "[unit][schedule]") {
    auto first = candidate(1, 1), second = candidate(2, 2);
    first.policy.overlap = second.policy.overlap = Overlap::queue_one;
    Facts facts;
    facts.unfinished[1] = {{9, Standing::running, {}, false},
                           {1, Standing::in_line, at(1), false},
                           {2, Standing::in_line, at(2), false}};
    const auto admitted = admit({first, second}, facts);
    CHECK(is<Hold>(admitted.of[0]));
    REQUIRE(is<Drop>(admitted.of[1]));
    CHECK(std::get<Drop>(admitted.of[1]).reason == "overlap");
    CHECK(std::get<Drop>(admitted.of[1]).because_of == 1);
}

TEST_CASE("a limit is shared by all that name its key", "[unit][schedule]") {
    std::vector<Candidate> all;
    for (int i = 1; i <= 3; ++i) {
        all.push_back(candidate(i, i, std::nullopt));
        all.back().limits = {{"agent:claude", 2}};
    }
    Facts facts;
    facts.slots["agent:claude"].used = 1;
    const auto admitted = admit(all, facts);
    CHECK(is<Start>(admitted.of[0]));
    REQUIRE(is<Hold>(admitted.of[1]));
    CHECK(std::get<Hold>(admitted.of[1]).key == "agent:claude");
    CHECK(std::get<Hold>(admitted.of[1]).waited_for == "a slot of agent claude");
    CHECK(is<Hold>(admitted.of[2]));
}

TEST_CASE("who waits for a slot already comes before who arrives", "[unit][schedule]") {
    auto late = candidate(1, 10, std::nullopt);
    late.limits = {{"group:repo", 1}};
    Facts facts;
    facts.slots["group:repo"] = {0, at(5)};
    CHECK(is<Hold>(admit({late}, facts).of[0]));
    facts.slots["group:repo"] = {0, at(15)};
    CHECK(is<Start>(admit({late}, facts).of[0]));
    late.limits = {{"group:repo", 2}};
    facts.slots["group:repo"] = {0, at(5)};
    CHECK(is<Start>(admit({late}, facts).of[0]));
}

TEST_CASE("what a rival works on is left alone", "[unit][schedule]") {
    Facts facts;
    facts.locked = {"schedule:1"};
    const auto admitted = admit({candidate(1, 1), candidate(2, 2, 8)}, facts);
    CHECK(is<Leave>(admitted.of[0]));
    CHECK(is<Start>(admitted.of[1]));
}

TEST_CASE("cancels name who has to make room and for whom", "[unit][schedule]") {
    auto newer = candidate(5, 5);
    newer.policy.overlap = Overlap::cancel_previous;
    Facts facts;
    facts.unfinished[1] = {{3, Standing::running, {}, false}};
    const auto admitted = admit({newer}, facts);
    CHECK(is<Hold>(admitted.of[0]));
    REQUIRE(admitted.cancels.size() == 1);
    CHECK(admitted.cancels[0].task_id == 3);
    CHECK(admitted.cancels[0].by == 5);
}

TEST_CASE("a due time for which no worker was there is treated as after a downtime",
          "[unit][schedule]") {
    auto old = candidate(1, 100);
    old.due = Candidate::DueTime{at(100), CatchUp::latest, base::Seconds(3600)};
    Facts facts;
    facts.now = at(130);
    facts.served_since = at(125);
    CHECK(is<Start>(admit({old}, facts).of[0]));

    SECTION("none: it does not run") {
        old.due->catch_up = CatchUp::none;
        const auto admitted = admit({old}, facts);
        REQUIRE(is<Drop>(admitted.of[0]));
        CHECK(std::get<Drop>(admitted.of[0]).reason == "missed");
    }
    SECTION("outside of the window it does not run") {
        facts.now = at(161);
        CHECK(is<Drop>(admit({old}, facts).of[0]));
    }
    SECTION("latest: a newer one in line stands for it") {
        facts.unfinished[1] = {{1, Standing::in_line, at(100), false},
                               {2, Standing::in_line, at(101), false}};
        CHECK(is<Drop>(admit({old}, facts).of[0]));
    }
    SECTION("all: it runs beside newer ones") {
        old.due->catch_up = CatchUp::all;
        facts.unfinished[1] = {{2, Standing::in_line, at(101), false}};
        CHECK(is<Start>(admit({old}, facts).of[0]));
    }
    SECTION("a worker was there but had no slot: it is only late") {
        old.due->catch_up = CatchUp::none;
        facts.served_since = at(50);
        CHECK(is<Start>(admit({old}, facts).of[0]));
    }
}

} // namespace agentcron::schedule
