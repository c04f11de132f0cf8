#include "cli/doctor_machine.hpp"

#include "support/catch.hpp"

namespace agentcron::cli {

using Catch::Contains;

namespace {

StateFacts healthy() {
    return {.path = "/s",
            .exists = true,
            .is_writable = true,
            .free_bytes = 10ull << 30,
            .free_inodes = 1'000'000,
            .runs_mode = 0700};
}

} // namespace

TEST_CASE("a state directory with room is well", "[unit][cli][doctor]") {
    const auto findings = judge_state(healthy());
    REQUIRE(findings.size() == 2);
    CHECK(findings[0].state == State::ok);
    CHECK(findings[1].state == State::ok);
    CHECK(findings[1].detail == "10G free, room for 1000000 files");
}

TEST_CASE("a state directory that is not there tells nothing", "[unit][cli][doctor]") {
    const auto findings = judge_state({.path = "/s"});
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].state == State::unknown);
}

TEST_CASE("who may read and write in the state directory is looked at", "[unit][cli][doctor]") {
    auto facts = healthy();
    facts.is_writable = false;
    CHECK_THAT(judge_state(facts)[0].detail, Contains("cannot be written"));
    facts = healthy();
    facts.others_write = true;
    CHECK(judge_state(facts)[0].state == State::failed);
    facts = healthy();
    facts.runs_mode = 0755;
    CHECK_THAT(judge_state(facts)[0].detail, Contains("0755"));
    facts.runs_mode = 02700;
    CHECK(judge_state(facts)[0].state == State::ok);
    facts.runs_mode.reset();
    CHECK(judge_state(facts)[0].state == State::ok);
}

TEST_CASE("a disk that runs full is told of before it is", "[unit][cli][doctor]") {
    auto facts = healthy();
    facts.free_bytes = 900ull << 20;
    CHECK(judge_state(facts)[1].state == State::warning);
    facts.free_bytes = 100ull << 20;
    CHECK(judge_state(facts)[1].state == State::failed);
    facts = healthy();
    facts.free_inodes = 400;
    CHECK(judge_state(facts)[1].state == State::failed);
    facts.free_inodes.reset();
    CHECK(judge_state(facts)[1].state == State::ok);
}

TEST_CASE("a state directory on a read-only disk is told from one of somebody else's",
          "[unit][cli]") {
    auto facts = healthy();
    facts.is_writable = false;
    CHECK(judge_state(facts)[0].advice.find("worker's user") != std::string::npos);
    facts.is_read_only = true;
    CHECK(judge_state(facts)[0].state == State::failed);
    CHECK(judge_state(facts)[0].detail.find("read-only") != std::string::npos);
}

} // namespace agentcron::cli
