// What becomes of a due time while earlier tasks of its schedule are unfinished.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;

namespace {

void start_pairs(EngineRun& run) {
    for (int i = 0; i < 2; ++i) run.start_scheduler();
    for (int i = 0; i < 2; ++i) run.start_worker();
}

void set_overlap(EngineRun& run, const std::string& overlap) {
    run.database.execute("update agentcron.schedules set overlap = '" + overlap + "'");
}

std::int64_t trigger(EngineRun& run, const std::string& name) {
    return std::stoll(run.database.value("select agentcron.trigger_schedule('" + name + "')"));
}

} // namespace

TEST_CASE("overlap skip drops what comes while a task runs, and no later one",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    start_pairs(run);
    add_schedule(run, "s", "gate", "overlap", "'skip'");
    const auto first = fire(run, "s");
    run.until_status(first, "running");
    const auto second = fire(run, "s");
    CHECK(fate(run, second) == fmt::format("skipped/overlap {}", first));
    let_all_go(run);
    run.until_status(first, "succeeded");
    const auto third = fire(run, "s");
    run.until_status(third, "succeeded");
    CHECK(run.database.value("select count(*) from agentcron.attempts") == "2");
}

TEST_CASE("overlap queue_one keeps the first late one and drops the next",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    start_pairs(run);
    add_schedule(run, "s", "gate", "overlap", "'queue_one'");
    const auto first = fire(run, "s");
    run.until_status(first, "running");
    const auto second = fire(run, "s");
    until_held(run, second);
    CHECK(run.task(second, "waited_for") == fmt::format("task {}", first));
    const auto third = fire(run, "s");
    CHECK(fate(run, third) == fmt::format("skipped/overlap {}", second));
    CHECK(run.task(third, "message") == fmt::format("task {} already waits its turn", second));
    let_go(run, first);
    run.until_status(second, "running");
    const auto fourth = fire(run, "s");
    until_held(run, fourth);
    let_all_go(run);
    run.until_status(fourth, "succeeded");
    CHECK(journal(run) == fmt::format("+{0} -{0} +{1} -{1} +{2} -{2} ", first, second, fourth));
}

TEST_CASE("overlap queue_all keeps as many as queue_max, in order, and says what it dropped",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    start_pairs(run);
    add_schedule(run, "s", "gate", "overlap, queue_max", "'queue_all', 2");
    const auto first = fire(run, "s");
    run.until_status(first, "running");
    const auto second = fire(run, "s");
    until_held(run, second);
    const auto third = fire(run, "s");
    until_held(run, third);
    for (int i = 0; i < 2; ++i) {
        const auto dropped = fire(run, "s");
        CHECK(fate(run, dropped) == fmt::format("skipped/overlap {}", first));
        CHECK(run.task(dropped, "message") ==
              "2 earlier tasks wait already, as many as queue_max allows");
    }
    let_all_go(run);
    run.until_status(third, "succeeded");
    CHECK(journal(run) == fmt::format("+{0} -{0} +{1} -{1} +{2} -{2} ", first, second, third));
    CHECK(run.database.value("select sum(skipped) from agentcron.daily_summary") == "2");
}

TEST_CASE("overlap cancel_previous starts only when the old process is dead, deaf as it is",
          "[integration][engine]") {
    EngineRun run;
    run.agent("deaf", "command", R"sh(trap '' TERM
[ -e pid ] && { kill -0 "$(cat pid)" 2> /dev/null && echo alive > old || echo dead > old; exit; }
echo $$ > pid; while :; do sleep 0.05; done)sh",
              R"({"grace":1})");
    start_pairs(run);
    add_schedule(run, "s", "deaf", "overlap", "'cancel_previous'");
    const auto first = fire(run, "s");
    run.until([&] { return !run.file("pid").empty(); }, "the first agent");
    const auto second = fire(run, "s");
    run.until_status(second, "succeeded");
    CHECK(run.file("old") == "dead\n");
    CHECK(fate(run, first) == fmt::format("cancelled/replaced {}", second));
    CHECK(run.task(first, "message") == fmt::format("replaced by task {}", second));
}

TEST_CASE("of two tasks that wait to replace a third the newer one takes its place",
          "[integration][engine]") {
    EngineRun run;
    run.agent("slow", "command", R"(id=$AGENTCRON_TASK_ID; echo "+$id" >> journal
trap 'while [ ! -e go ]; do sleep 0.02; done; exit 1' TERM
[ -e go ] || while :; do sleep 0.02; done)",
              R"({"grace":600})");
    start_pairs(run);
    add_schedule(run, "s", "slow", "overlap", "'cancel_previous'");
    const auto first = fire(run, "s");
    until_journal(run, fmt::format("+{} ", first));
    const auto second = fire(run, "s");
    until_held(run, second);
    const auto third = fire(run, "s");
    until_held(run, third);
    let_all_go(run);
    run.until_status(third, "succeeded");
    CHECK(fate(run, second) == fmt::format("cancelled/replaced {}", third));
    CHECK(run.task(first, "status || '/' || reason") == "cancelled/replaced");
    CHECK(journal(run) == fmt::format("+{} +{} ", first, third));
}

TEST_CASE("overlap allow runs all at once", "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    start_pairs(run);
    add_schedule(run, "s", "gate", "overlap", "'allow'");
    for (int i = 0; i < 3; ++i) fire(run, "s");
    run.until_value("select count(*) from agentcron.tasks where status = 'running'", "3");
}

TEST_CASE("a task that waits for a person holds up no other where while_waiting allows it",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(read t; case "$t" in *'"resume"'*) ;; *) [ -e asked ] || {
> asked; echo '{"type":"question","id":"q","text":"Now?"}'; read a
case "$a" in *'"type":"answer"'*) ;; *) exit 1;; esac; };; esac
echo '{"type":"result","result":1}')");
    start_pairs(run);
    const auto hold = GENERATE(as<std::string>{}, "'1 hour'", "'0'");
    const auto overlap = GENERATE(as<std::string>{}, "'skip'", "'queue_all'", "'cancel_previous'");
    add_schedule(run, "s", "asker", "while_waiting, hold, overlap",
                 "'allow', " + hold + ", " + overlap);
    const auto first = fire(run, "s");
    run.until_status(first, "waiting_for_input");
    if (hold == "'0'") run.until_value("select count(*) from agentcron.leases", "0");
    run.until_status(fire(run, "s"), "succeeded");
    CHECK(run.task(first, "status") == "waiting_for_input");
    CHECK(run.answer(first, "yes") == "");
    run.until_status(first, "succeeded");
}

TEST_CASE("an edit of the policy holds for what waits already, however busy the workers are",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.start_scheduler();
    run.start_worker({.slots = 2});
    add_schedule(run, "s", "gate", "overlap", "'queue_all'");
    const auto first = fire(run, "s");
    run.until_status(first, "running");
    std::vector<std::int64_t> waiting;
    for (int i = 0; i < 3; ++i) {
        waiting.push_back(fire(run, "s"));
        until_held(run, waiting.back());
    }
    if (GENERATE(false, true)) run.until_status(run.enqueue("gate"), "running");
    set_overlap(run, "skip");
    for (const auto task : waiting) {
        run.until_status(task, "skipped");
        CHECK(fate(run, task) == fmt::format("skipped/overlap {}", first));
    }
    CHECK(run.task(first, "status") == "running");
}

TEST_CASE("an edit of the policy holds for what no worker had room to look at",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.start_scheduler();
    run.start_worker({.slots = 1});
    add_schedule(run, "s", "gate", "overlap", "'queue_all'");
    const auto first = fire(run, "s");
    run.until_status(first, "running");
    const auto second = fire(run, "s");
    CHECK(run.task(second, "status") == "queued");
    set_overlap(run, "skip");
    run.until_status(second, "skipped");
    CHECK(fate(run, second) == fmt::format("skipped/overlap {}", first));
}

TEST_CASE("what waits its turn starts at once when the policy becomes allow",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    start_pairs(run);
    add_schedule(run, "s", "gate", "overlap", "'queue_all'");
    run.until_status(fire(run, "s"), "running");
    const auto second = fire(run, "s");
    const auto third = fire(run, "s");
    until_held(run, second);
    until_held(run, third);
    set_overlap(run, "allow");
    run.until_status(second, "running");
    run.until_status(third, "running");
}

TEST_CASE("a lost task costs no due time and wedges nothing", "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.start_scheduler();
    // Its leases outlive the server, so that nobody takes them back just because they ran out.
    constexpr agentcron::base::Seconds for_good{1000000};
    const auto doomed = run.start_worker();
    const auto overlap = GENERATE(as<std::string>{}, "skip", "queue_one", "cancel_previous");
    add_schedule(run, "s", "gate", "overlap", "'" + overlap + "'");
    const auto first = fire(run, "s");
    run.until_status(first, "running");
    lose_worker(run, doomed);
    const bool seen = GENERATE(false, true); // by a worker, before the lease was taken back
    const auto second = fire(run, "s");
    CHECK(run.task(second, "status") == "queued");
    let_all_go(run);
    if (seen) {
        run.database.execute("update agentcron.leases set lease_until = now() - interval '1 s'");
        run.start_worker({.lease_ttl = for_good});
        until_held(run, second);
        run.database.execute("update agentcron.leases set lease_until = '-infinity'");
    }
    run.start_worker();
    run.until_status(second, "succeeded");
    CHECK(run.task(first, "status || '/' || reason") ==
          (seen && overlap == "cancel_previous" ? "cancelled/replaced" : "failed/lost"));
}

TEST_CASE("who is triggered by hand while one runs waits his turn and is never dropped",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    start_pairs(run);
    const auto overlap = GENERATE(as<std::string>{}, "'skip'", "'queue_one'");
    add_schedule(run, "s", "gate", "overlap", overlap);
    const auto first = fire(run, "s");
    run.until_status(first, "running");
    const auto second = trigger(run, "s");
    until_held(run, second);
    const auto third = trigger(run, "s");
    until_held(run, third);
    CHECK(run.database.value("select explanation from agentcron.why where task_id = " +
                             std::to_string(second)) ==
          fmt::format("waits its turn: task {} is not finished", first));
    let_all_go(run);
    run.until_status(third, "succeeded");
    CHECK(journal(run) == fmt::format("+{0} -{0} +{1} -{1} +{2} -{2} ", first, second, third));
}

TEST_CASE("who is triggered by hand replaces the one that runs where that is the policy",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    start_pairs(run);
    add_schedule(run, "s", "gate", "overlap", "'cancel_previous'");
    const auto first = fire(run, "s");
    run.until_status(first, "running");
    const auto second = trigger(run, "s");
    run.until_status(second, "running");
    CHECK(fate(run, first) == fmt::format("cancelled/replaced {}", second));
}

TEST_CASE("tasks by hand know of no overlap", "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    start_pairs(run);
    for (int i = 0; i < 3; ++i) run.enqueue("gate");
    run.until_value("select count(*) from agentcron.tasks where status = 'running'", "3");
}

TEST_CASE("of a burst of due times no two run at once, whoever makes and claims them",
          "[integration][engine]") {
    EngineRun run;
    run.agent("alone", "command", R"(mkdir one || echo "$AGENTCRON_TASK_ID" >> clashes
sleep 0.03; rmdir one)");
    start_pairs(run);
    const auto overlap = GENERATE(as<std::string>{}, "skip", "queue_one", "queue_all");
    add_schedule(run, "s", "alone", "overlap", "'" + overlap + "'");
    for (int i = 0; i < 12; ++i) fire(run, "s");
    run.until_value("select count(*) from agentcron.tasks where finished_at is null", "0");
    CHECK(run.file("clashes") == "");
    CHECK(run.database.value("select count(*) from agentcron.tasks where status || '/' || reason "
                             "in ('succeeded/', 'skipped/overlap')") == "12");
    CHECK(run.database.value("select count(*) from agentcron.tasks where status = 'skipped' and "
                             "because_of is null") == "0");
    if (overlap == "queue_all")
        CHECK(run.database.value("select count(*) from agentcron.attempts") == "12");
}
