// People who no longer want a task.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

using agentcron::engine::EngineRun;

namespace {

std::string cancel(EngineRun& run, std::int64_t task) {
    return run.database.value("select agentcron.cancel(" + std::to_string(task) + ", 'not today')");
}

void check_cancelled(EngineRun& run, std::int64_t task) {
    run.until_status(task, "cancelled");
    CHECK(run.task(task, "reason || ': ' || message") == "user: not today");
    CHECK(run.database.value("select count(*) from agentcron.leases") == "0");
    CHECK(run.database.value("select count(*) from agentcron.ready") == "0");
    CHECK(run.database.value("select count(*) from agentcron.inbox") == "0");
    CHECK(agentcron::engine::processes_below(run.directory) == 0);
    CHECK(run.database.refusal("select agentcron.cancel(" + std::to_string(task) + ")")
              .starts_with("AC002 "));
}

} // namespace

TEST_CASE("a queued task is cancelled at once and never starts", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "echo x > ran");
    const auto task = run.enqueue("sh");
    CHECK(cancel(run, task) == "cancelled");
    run.start_worker();
    run.until_status(run.enqueue("sh"), "succeeded");
    check_cancelled(run, task);
    CHECK(run.database.value("select count(*) from agentcron.attempts") == "1");
}

TEST_CASE("a running task is cancelled with its whole process tree", "[integration][engine]") {
    EngineRun run;
    run.agent("tree", "command", "(setsid sleep 1000 &); sleep 1000 & echo up; wait");
    run.start_worker();
    const auto task = run.enqueue("tree");
    run.until([&] { return run.output(task) == "up\n"; }, "the agent's start");
    CHECK(cancel(run, task) == "cancelling");
    check_cancelled(run, task);
}

TEST_CASE("a task that waits is cancelled, held or parked", "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl",
              R"(read t; echo '{"type":"question","id":"q","text":"Now?"}'; read a)");
    run.start_worker();
    const bool parked = GENERATE(false, true);
    const auto task = run.enqueue("asker", "", parked ? R"({"hold":0})" : R"({"hold":3600})");
    run.until_value("select parked from agentcron.inbox", parked ? "t" : "f");
    CHECK(cancel(run, task) == (parked ? "cancelled" : "cancelling"));
    check_cancelled(run, task);
    CHECK(run.answer(task, "yes").starts_with("AC002 "));
}

TEST_CASE("an agent hears a cancel first as a message and may still say how far it came",
          "[integration][engine]") {
    EngineRun run;
    run.agent("polite", "jsonl",
              R"(trap '' TERM; read task; echo > up; read line; echo "$line" > heard
echo '{"type":"result","ok":false,"result":{"done":3},"summary":"stopped after 3"}'; exit 1)");
    run.start_worker();
    const auto task = run.enqueue("polite");
    run.until([&] { return run.file("up") == "\n"; }, "the agent's start");
    CHECK(cancel(run, task) == "cancelling");
    check_cancelled(run, task);
    CHECK(run.file("heard") == "{\"type\":\"cancel\"}\n");
    CHECK(run.task(task, "summary") == "stopped after 3");
    CHECK(run.task(task, "result") == "{\"done\": 3}");
}

TEST_CASE("a cancelled task runs again when somebody asks for it", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    const auto task = run.enqueue("sh");
    CHECK(cancel(run, task) == "cancelled");
    run.database.execute("select agentcron.retry(" + std::to_string(task) + ")");
    run.start_worker();
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "message") == "");
}

TEST_CASE("a task that fails by itself after a cancel is not tried again",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "echo > up; while [ ! -e go ]; do sleep 0.05; done; exit 1");
    run.start_worker();
    const auto task = run.enqueue("sh", "", R"({"retry":{"attempts":3,"backoff":3600}})");
    run.until([&] { return run.file("up") == "\n"; }, "the agent's start");
    // The worker does not hear of it before the agent has ended.
    run.database.execute("update agentcron.leases set cancel_requested = true");
    run.write("go", "");
    run.until_value("select count(*) from agentcron.leases", "0");
    CHECK(run.task(task, "status || '/' || reason") == "cancelled/user");
    CHECK(run.database.value("select count(*) from agentcron.ready") == "0");
}
