// The right to run a task: kept, lost, rescued.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

using agentcron::base::Seconds;
using agentcron::engine::EngineRun;
using agentcron::engine::processes_below;

namespace {

const char* endless = "echo x >> starts; while :; do echo line; sleep 0.05; done";

} // namespace

TEST_CASE("an attempt that lost its lease is killed and writes nothing more",
          "[integration][engine]") {
    EngineRun run;
    run.agent("endless", "command", endless);
    run.start_worker({.lease_ttl = Seconds(1)});
    const auto task = run.enqueue("endless");
    run.until_value("select count(*) > 0 from agentcron.output", "t");
    run.database.execute("delete from agentcron.leases");
    const auto rows = run.database.value("select count(*) from agentcron.output");
    run.until([&] { return processes_below(run.directory) == 0; }, "the agent's end");
    CHECK(run.database.value("select count(*) from agentcron.output") == rows);
    CHECK(run.task(task, "status") == "running");
    CHECK(run.database.value("select outcome from agentcron.attempts") == "");
}

TEST_CASE("a lease that is renewed outlives its first term", "[integration][engine]") {
    EngineRun run;
    run.agent("wait", "command", "while [ ! -e go ]; do sleep 0.05; done");
    run.start_worker({.lease_ttl = Seconds(3)});
    run.start_worker({.lease_ttl = Seconds(3)}); // would rescue it
    const auto task = run.enqueue("wait");
    run.until_value("select count(*) from agentcron.attempts a, agentcron.leases l where "
                    "l.lease_until > a.started_at + interval '6 seconds'",
                    "1");
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "run_no") == "1");
}

TEST_CASE("a cancel in a transaction that is left open holds up no other lease",
          "[integration][engine]") {
    EngineRun run;
    run.agent("wait", "command", "while [ ! -e go ]; do sleep 0.05; done");
    run.start_worker({.lease_ttl = Seconds(3)});
    run.start_worker({.lease_ttl = Seconds(3)}); // would rescue it
    const auto cancelled = run.enqueue("wait");
    const auto other = run.enqueue("wait");
    run.until_value("select count(*) from agentcron.leases", "2");
    agentcron::support::TestDatabase::Blocker open(
        run.database, "select agentcron.cancel(" + std::to_string(cancelled) + ")");
    run.until_value("select count(*) from agentcron.attempts a join agentcron.leases l using "
                    "(task_id) where task_id = " +
                        std::to_string(other) +
                        " and l.lease_until > a.started_at + interval '8 seconds'",
                    "1");
    open.release();
    run.write("go", "");
    run.until_status(other, "succeeded");
    CHECK(run.task(other, "run_no") == "1");
}

TEST_CASE("what cannot be taken over of a dead worker is ended, and its task runs again",
          "[integration][engine]") {
    EngineRun run;
    run.agent("endless", "command", endless);
    const auto first = run.start_worker();
    const auto task = run.enqueue("endless", "", R"({"retry":{"attempts":2}})");
    run.until([&] { return run.file("starts") == "x\n"; }, "the first start");
    const auto directory = run.directory / "runs" / run.worker_id(first);
    run.crash_worker(first);
    CHECK(processes_below(run.directory) > 0);
    // As an older agentcron leaves it.
    for (const auto& one : std::filesystem::directory_iterator(directory))
        if (one.is_directory()) std::filesystem::remove(one.path() / "attempt.json");
    run.start_worker();
    run.until([&] { return run.file("starts") == "x\nx\n"; }, "the second start");
    CHECK(run.database.value("select outcome from agentcron.attempts where run_no = 1") == "lost");
    CHECK(run.task(task, "status || '/' || attempt") == "running/2");
    CHECK(processes_below(directory) == 0);
    CHECK(run.database.value("select count(*) from agentcron.leases") == "1");
}

TEST_CASE("a task whose worker died elsewhere runs again within its retry budget",
          "[integration][engine]") {
    EngineRun run;
    run.agent("endless", "command", endless);
    const auto first = run.start_worker({.lease_ttl = Seconds(1)});
    const auto task = run.enqueue("endless", "", R"({"retry":{"attempts":2}})");
    run.until([&] { return run.file("starts") == "x\n"; }, "the first start");
    run.crash_worker(first);
    run.end_leftovers();
    const auto second = run.start_worker({.lease_ttl = Seconds(1)});
    run.until([&] { return run.file("starts") == "x\nx\n"; }, "the second start");
    CHECK(run.database.value("select outcome || '/' || reason from agentcron.attempts where "
                             "run_no = 1") == "lost/lost");
    run.crash_worker(second);
    run.end_leftovers();
    run.start_worker({.lease_ttl = Seconds(1)});
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || '/' || attempt") == "lost/2");
    CHECK(run.file("starts") == "x\nx\n");
}

TEST_CASE("a task that was to be cancelled when its worker died is cancelled, not run again",
          "[integration][engine]") {
    EngineRun run;
    run.agent("endless", "command", endless);
    const auto first = run.start_worker({.lease_ttl = Seconds(1)});
    const auto task = run.enqueue("endless", "", R"({"retry":{"attempts":5}})");
    run.until([&] { return run.file("starts") == "x\n"; }, "the first start");
    run.crash_worker(first);
    CHECK(run.database.value("select agentcron.cancel(" + std::to_string(task) + ")") ==
          "cancelling");
    run.end_leftovers();
    run.start_worker({.lease_ttl = Seconds(1)});
    run.until_status(task, "cancelled");
    CHECK(run.file("starts") == "x\n");
}

TEST_CASE("a task that waits for a person goes on waiting when its worker dies",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(read task
case "$task" in *'"resume"'*) echo '{"type":"result","result":"resumed"}';; *)
echo '{"type":"question","id":"q","text":"Now?"}'; read answer;; esac)");
    const auto first = run.start_worker({.lease_ttl = Seconds(1)});
    const auto task = run.enqueue("asker");
    run.until_status(task, "waiting_for_input");
    run.crash_worker(first);
    run.end_leftovers();
    const bool answered_before = GENERATE(false, true);
    if (answered_before) CHECK(run.answer(task, "yes") == "");
    run.start_worker({.lease_ttl = Seconds(1)});
    if (!answered_before) {
        run.until_value("select count(*) from agentcron.leases", "0");
        CHECK(run.task(task, "status") == "waiting_for_input");
        CHECK(run.answer(task, "yes") == "");
    }
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "result") == "\"resumed\"");
    CHECK(run.task(task, "attempt") == "1");
}
