// The checker on histories made by hand: one where all is well, and that one with one thing wrong.
#include "chaos/account.hpp"
#include "chaos/checker.hpp"
#include "chaos/plan.hpp"
#include "support/catch.hpp"

#include <set>

using namespace agentcron::chaos;

namespace {

constexpr Micros second = 1'000'000;
const Run first{1, 1};
const Run second_run{1, 2};

Account account(Run run, Micros from, Micros to, std::optional<int> code = 0) {
    Account told{.run = run};
    told.starts = {from};
    told.last = to;
    told.out = {"one", "two"};
    told.exit_code = code;
    return told;
}

Attempt attempt(Run run, const std::string& outcome, Micros from, Micros to) {
    return {.run = run,
            .outcome = outcome,
            .reason = outcome == "lost" ? "lost" : "",
            .exit_code = 0,
            .daemon = "a",
            .started = from,
            .finished = to,
            .out = "one\ntwo\n"};
}

// Schedule 7 was due at 10 s, 20 s and 30 s: one task ran, one stands for two.
History good() {
    History history;
    history.schedules = {{.id = 7,
                          .name = "hourly",
                          .first_due = 10 * second,
                          .period = 10 * second,
                          .next_fire_at = 40 * second}};
    history.healed = 35 * second;
    history.tasks[1] = {.id = 1,
                        .schedule_id = 7,
                        .fire_time = 10 * second,
                        .status = "succeeded",
                        .attempt = 1,
                        .attempts_max = 2};
    history.tasks[2] = {.id = 2,
                        .schedule_id = 7,
                        .fire_time = 30 * second,
                        .covers_from = 20 * second,
                        .fires_covered = 2,
                        .status = "skipped",
                        .reason = "overlap"};
    history.attempts[first] = attempt(first, "succeeded", 10 * second, 12 * second);
    history.accounts[first] = account(first, 10 * second, 12 * second);
    history.rows_left = {{"leases", 0}};
    return history;
}

// Task 1 was lost once, and ran again.
History with_loss() {
    auto history = good();
    history.tasks[1].attempt = 2;
    history.attempts[first] = attempt(first, "lost", 10 * second, 80 * second);
    history.attempts[first].out = "one\n";
    history.accounts[first] = account(first, 10 * second, 12 * second, std::nullopt);
    history.attempts[second_run] = attempt(second_run, "succeeded", 81 * second, 90 * second);
    history.accounts[second_run] = account(second_run, 82 * second, 89 * second);
    history.silences = {{"a", 12 * second, 85 * second, false}};
    return history;
}

// Requires one violation that has the words in it.
void require_one(const History& history, const std::string& words, Promises promises = {}) {
    const auto found = violations(history, promises);
    CAPTURE(found);
    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0], Catch::Contains(words));
}

} // namespace

TEST_CASE("a history in which all is well has no violations", "[chaos][checker]") {
    CHECK(violations(good(), {}).empty());
    CHECK(violations(with_loss(), {}).empty());
    CHECK(violations(with_loss(), {.adoption = true, .fencing = true}).empty());
}

TEST_CASE("a due time has exactly one fate", "[chaos][checker]") {
    auto history = good();
    history.tasks.erase(2);
    CHECK(violations(history, {}).size() == 2);

    history = good();
    history.tasks[3] = {.id = 3, .schedule_id = 7, .fire_time = 20 * second, .status = "skipped"};
    require_one(history, "due time 20000000 of schedule hourly has 2 fates");

    history = good();
    history.tasks[2].fires_covered = 1;
    require_one(history, "says that it stands for 1 due times, but it is 2");

    history = good();
    history.tasks[3] = {.id = 3, .schedule_id = 7, .fire_time = 15 * second, .status = "skipped"};
    require_one(history, "15000000, which is no due time");

    history = good();
    history.healed = 41 * second;
    require_one(history, "schedule hourly is wedged");
}

TEST_CASE("attempts of a task, and tasks of a schedule, do not live at once", "[chaos][checker]") {
    auto history = with_loss();
    // It lived on while its daemon slept: only fencing promises that it does not.
    history.accounts[first].last = 84 * second;
    history.schedules[0].one_at_a_time = false;
    CHECK(violations(history, {}).empty());
    require_one(history, "task 1: task 1 run 1 lived", {.fencing = true});
    // Its daemon was well all the time.
    history.silences[0].to = 13 * second;
    history.silences[0].died = true;
    require_one(history, "after task 1 run 2 had started");

    history = good();
    history.tasks[3] = {.id = 3, .schedule_id = 7, .status = "succeeded", .attempt = 1};
    history.attempts[{3, 1}] = attempt({3, 1}, "succeeded", 11 * second, 13 * second);
    history.accounts[{3, 1}] = account({3, 1}, 11 * second, 13 * second);
    require_one(history, "schedule hourly: task 1 run 1 lived");
}

TEST_CASE("output is what the agent wrote", "[chaos][checker]") {
    auto history = good();
    history.attempts[first].out = "one\n";
    require_one(history, "lacks the end of what its agent wrote: 4 of 8 bytes");
    history.attempts[first].out = "two\none\n";
    require_one(history, "holds what its agent did not write");
    history.attempts[first].out = "one\none\ntwo\n";
    require_one(history, "holds what its agent did not write");
    history = good();
    history.attempts[first].err = "stray\n";
    require_one(history, "stderr of task 1 run 1 holds");

    // Of one that was ended, all but perhaps its last line.
    history = good();
    history.tasks[1].status = "cancelled";
    history.attempts[first].outcome = "cancelled";
    history.accounts[first].exit_code = {};
    history.attempts[first].out = "one\ntw";
    CHECK(violations(history, {}).empty());
    history.attempts[first].out = "on";
    require_one(history, "lacks the end");
}

TEST_CASE("nothing is written for an attempt that is over", "[chaos][checker]") {
    auto history = with_loss();
    history.attempts[first].late_output_rows = 2;
    require_one(history, "2 rows of output of task 1 run 1 were written after its end");
    history = with_loss();
    history.attempts[first].late_changes = 1;
    require_one(history, "the row of task 1 run 1 was changed after its end");
}

TEST_CASE("an attempt is lost only with the one that ran it", "[chaos][checker]") {
    auto history = with_loss();
    history.silences.clear(); // such as: only the database was away
    require_one(history, "task 1 run 1 was lost, but daemon a that ran it lived");
    history.silences = {{"b", 12 * second, 85 * second, true}};
    require_one(history, "daemon a that ran it lived");
    history.silences = {{"a", 12 * second, 13 * second, false}};
    require_one(history, "daemon a that ran it lived");
    history.killed_shims = {first};
    CHECK(violations(history, {}).empty());
    // Its daemon was killed, and the next one came at once.
    history.killed_shims.clear();
    history.silences = {{"a", 12 * second, 13 * second, true}};
    CHECK(violations(history, {}).empty());
    require_one(history, "was lost though the next daemon a came within its lease",
                {.adoption = true});
    history.attempts[first].outcome = "returned";
    history.attempts[first].reason = "";
    history.tasks[1].attempt = 1;
    CHECK(violations(history, {}).empty());
    require_one(history, "was returned though", {.adoption = true});
    history.attempts[first].was_parking = true;
    CHECK(violations(history, {.adoption = true}).empty());
}

TEST_CASE("an outcome is what the agent did", "[chaos][checker]") {
    auto history = good();
    history.accounts[first].exit_code = {};
    require_one(history, "task 1 run 1 is succeeded, but its agent did not say so");
    history = good();
    history.accounts.erase(first);
    history.attempts[first].out = "";
    require_one(history, "its agent did not say so");

    history = good();
    history.tasks[1].status = "failed";
    history.tasks[1].attempt = 2;
    history.attempts[first].outcome = "failed";
    history.attempts[first].reason = "exit_code";
    history.attempts[first].exit_code = 3;
    require_one(history, "failed with exit code 3, but its agent says otherwise");
    history.accounts[first].exit_code = 3;
    CHECK(violations(history, {}).empty());
    history.tasks[1].attempt = 1;
    require_one(history, "task 1 is failed () after 1 of 2 attempts");
    history.attempts[first].reason = "spawn";
    history.tasks[1].attempt = 2;
    require_one(history, "is failed (spawn), which nothing here causes");
}

TEST_CASE("an agent is started once for each attempt, and the tables know it", "[chaos][checker]") {
    auto history = good();
    history.accounts[first].starts = {10 * second, 11 * second};
    require_one(history, "task 1 run 1 was started 2 times");
    history = good();
    history.accounts[{9, 1}] = account({9, 1}, second, 2 * second);
    require_one(history, "an agent ran as task 9 run 1, which no table knows");
}

TEST_CASE("a parked task sleeps until it is answered", "[chaos][checker]") {
    auto history = with_loss();
    history.tasks[1].attempt = 1;
    history.attempts[first].outcome = "parked";
    history.attempts[first].reason = "";
    history.attempts[first].out = "one\ntwo\n";
    history.silences.clear();
    history.accounts[second_run].answer = "yes";
    history.questions = {{first, "answered", "yes", 80 * second}};
    CHECK(violations(history, {}).empty());
    history.questions[0].answer = "no";
    require_one(history, "task 1 run 2 was told \"yes\", which nobody answered");
    history.questions = {{first, "answered", "yes", 82 * second}};
    require_one(history, "task 1 run 2 was started before the question of run 1 was answered");
    history.accounts[second_run].answer = {};
    history.questions = {{first, "withdrawn", "", 80 * second}};
    require_one(history, "which was parked, was withdrawn");
}

TEST_CASE("nothing is stuck, forgotten, or left behind", "[chaos][checker]") {
    auto history = good();
    history.enqueued = {1, 5};
    require_one(history, "task 5 was enqueued, and is gone");
    history = good();
    history.tasks[3] = {.id = 3, .status = "running"};
    require_one(history, "task 3 is stuck: running");
    history = good();
    history.attempts[first].outcome = "";
    CHECK(violations(history, {}).size() == 2); // and its task is succeeded without it
    history = good();
    history.rows_left["leases"] = 1;
    require_one(history, "1 rows are left in leases");
    history = good();
    history.processes_left = {"77 sh"};
    require_one(history, "a process is left: 77 sh");
    history = with_loss();
    history.tasks[1].attempts_max = 1;
    require_one(history, "task 1 was tried 1 times, at most 1");
    history = with_loss();
    history.attempts[first] = attempt(first, "succeeded", 10 * second, 12 * second);
    history.accounts[first].exit_code = 0;
    require_one(history, "task 1 succeeded 2 times");
}

TEST_CASE("an account is read as it was told", "[chaos][checker]") {
    const auto account = parse_account(
        first, "5 start 77 1\n6 out 1.1.0 a b\n7 err oh\n8 ask\n9 answer go on\n12 exit 3\n");
    CHECK(account.starts == std::vector<Micros>{5});
    CHECK(account.last == 12);
    CHECK(account.out == std::vector<std::string>{"1.1.0 a b"});
    CHECK(account.err == std::vector<std::string>{"oh"});
    CHECK(account.answer == "go on");
    CHECK(account.exit_code == 3);
}

TEST_CASE("a plan follows from its seed, and meets every fault in turn", "[chaos][checker]") {
    const auto names = [](std::uint64_t seed) {
        std::vector<std::string> all;
        for (const auto& step : make_plan(seed, 2 * faults)) all.push_back(name_of(step.fault));
        return all;
    };
    CHECK(names(3) == names(3));
    CHECK(names(3) != names(4));
    const auto all = names(3);
    const auto second_round = all.begin() + faults;
    CHECK(std::set(all.begin(), second_round) == std::set(second_round, all.end()));
    CHECK(std::set(all.begin(), all.end()).size() == faults);
}
