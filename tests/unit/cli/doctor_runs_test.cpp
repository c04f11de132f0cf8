#include "cli/doctor_runs.hpp"

#include "support/catch.hpp"

namespace agentcron::cli {

using Catch::Contains;

namespace {

Run run_of_task(std::int64_t task_id) {
    return {.directory = "/runs/w/42.1.t",
            .name = RunName{.task_id = task_id, .run_no = 1},
            .spool_bytes = 500};
}

} // namespace

TEST_CASE("the name of a run directory says whose it is", "[unit][cli][doctor]") {
    const auto run = run_name_from("42.3.c0ffee-00");
    REQUIRE(run);
    CHECK(run->task_id == 42);
    CHECK(run->run_no == 3);
    CHECK_FALSE(run->is_check);
    CHECK(run_name_from("42.3.c0ffee.check")->is_check);
    CHECK(run_name_from("ahead.7")->is_ahead);
    for (const char* other : {"", "lock", "42", "42.1", "ahead.x", "x.1.t", "42.y.t", "42.1.",
                              "42.1.t.old", "ahead.1.2"}) {
        INFO(other);
        CHECK_FALSE(run_name_from(other));
    }
}

TEST_CASE("a run directory may go when nothing of it is needed", "[unit][cli][doctor]") {
    const KnownRun ended{.has_ended = true, .stored_bytes = 500};
    CHECK(may_be_removed(run_of_task(42), ended));
    CHECK_FALSE(may_be_removed(run_of_task(42), std::nullopt));
    CHECK_FALSE(may_be_removed(run_of_task(42), KnownRun{false, 500}));
    CHECK_FALSE(may_be_removed(run_of_task(42), KnownRun{true, 499}));
    auto run = run_of_task(42);
    run.living_pid = 7;
    CHECK_FALSE(may_be_removed(run, ended));
    run = run_of_task(42);
    run.spool_bytes = 16; // the header alone
    CHECK(may_be_removed(run, KnownRun{true, 0}));
    run = run_of_task(42);
    run.name->is_check = true;
    CHECK(may_be_removed(run, KnownRun{true, 0}));
    CHECK_FALSE(may_be_removed(run, KnownRun{false, 0}));
    run.name = RunName{.is_ahead = true};
    CHECK(may_be_removed(run, std::nullopt));
    run.had_task = true;
    CHECK_FALSE(may_be_removed(run, std::nullopt));
    run.had_task = false;
    run.living_pid = 7;
    CHECK_FALSE(may_be_removed(run, std::nullopt));
    run.name.reset();
    run.living_pid = 0;
    CHECK_FALSE(may_be_removed(run, ended));
}

TEST_CASE("agents without a worker fail, directories without an agent are warned of",
          "[unit][cli][doctor]") {
    LookAtRuns look{.living = 2};
    CHECK(judge_runs(look, 0)[0].state == State::ok);
    CHECK(judge_runs(look, 0)[0].detail == "2 runs on this machine, of living workers");
    look.left = {run_of_task(1), run_of_task(2), run_of_task(3)};
    look.left[1].living_pid = 99;
    const auto findings = judge_runs(look, 1);
    REQUIRE(findings.size() == 3);
    CHECK(findings[0].state == State::failed);
    CHECK_THAT(findings[0].detail, Contains("of task 2") && Contains("pid 99"));
    CHECK_THAT(findings[1].advice, Contains("--fix"));
    CHECK_THAT(findings[2].detail, Contains("1 run directory of dead workers"));
    look = {.error = "Permission denied"};
    CHECK(judge_runs(look, 0)[0].state == State::unknown);
}

} // namespace agentcron::cli
