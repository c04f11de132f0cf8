// Questions that nobody answers within input_timeout: the half that a living process sees.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

using agentcron::engine::EngineRun;

namespace {

const char* asker = R"(read task
case "$task" in *'"resume"'*) printf '%s' "$task" > resumed
echo '{"type":"result","result":"resumed"}'; exit;; esac
echo '{"type":"question","id":"q","text":"Which branch?"}'
read -r line; printf '%s' "$line" > heard
echo '{"type":"result","result":"done"}')";

// What a scheduler does when the time of a question is over.
void expire(EngineRun& run) {
    run.database.execute("update agentcron.questions set outcome = 'expired', closed_at = now() "
                         "where outcome is null");
    run.wake("signal");
}

} // namespace

TEST_CASE("a task that nobody answers in time fails and its process is ended",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", asker);
    run.start_worker();
    const auto task =
        run.enqueue("asker", "", R"({"input_timeout":60,"retry":{"attempts":3,"backoff":0}})");
    run.until_status(task, "waiting_for_input");
    expire(run);
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || ': ' || message") ==
          "input_timeout: nobody answered within its input_timeout of 1m");
    CHECK(run.task(task, "attempt") == "1");
    CHECK(run.database.value("select outcome from agentcron.questions") == "expired");
    CHECK(agentcron::engine::processes_below(run.directory) == 0);
}

TEST_CASE("an agent that goes on without an answer is told that there is none",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", asker);
    run.start_worker();
    const auto task = run.enqueue("asker", "", R"({"on_input_timeout":"continue"})");
    run.until_status(task, "waiting_for_input");
    expire(run);
    run.until_status(task, "succeeded");
    CHECK(run.file("heard") == R"({"type":"answer","id":"q","answer":null,"timed_out":true})");
    CHECK(run.task(task, "run_no") == "1");
    CHECK(run.database.value("select delivered_at is not null from agentcron.questions") == "t");
}

TEST_CASE("who asks from a shell hears that nobody answered", "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "command",
              "'" AGENTCRON_BINARY_DIR R"(/tests/tests_ask' '{"text":"Which branch?"}')");
    run.start_worker();
    const auto task = run.enqueue("asker", "", R"({"on_input_timeout":"continue"})");
    run.until_status(task, "waiting_for_input");
    expire(run);
    run.until_status(task, "succeeded");
    CHECK(run.output(task) == "{\"answer\":null,\"timed_out\":true}\n");
}

TEST_CASE("a question that expires while its process is being parked goes to the next leg",
          "[integration][engine]") {
    EngineRun run;
    run.agent(
        "asker", "jsonl",
        std::string("trap 'echo > ending; while [ ! -e go ]; do sleep 0.05; done; exit' TERM\n") +
            "read() { command read -r \"$@\"; }\n" + asker + "\nwhile :; do sleep 0.05; done",
        R"({"grace":60})");
    run.start_worker();
    const bool goes_on = GENERATE(true, false);
    const auto task = run.enqueue(
        "asker", "", goes_on ? R"({"hold":0,"on_input_timeout":"continue"})" : R"({"hold":0})");
    run.until([&] { return run.file("ending") == "\n"; }, "SIGTERM to reach the agent");
    run.until_value("select count(*) from agentcron.inbox", "1");
    // The worker does not hear of it before the process has ended.
    run.database.execute("update agentcron.questions set outcome = 'expired', closed_at = now()");
    run.write("go", "");
    run.until_status(task, goes_on ? "succeeded" : "failed");
    CHECK(run.task(task, "attempt || '/' || run_no") == (goes_on ? "1/2" : "1/1"));
    if (goes_on)
        CHECK(run.file("resumed").find(R"("answer":null,"timed_out":true)") != std::string::npos);
    else
        CHECK(run.task(task, "reason") == "input_timeout");
}

TEST_CASE("a task whose question expires while it is being parked fails with that",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl",
              R"(trap 'echo > ending; while [ ! -e go ]; do sleep 0.05; done; exit' TERM
read task
echo '{"type":"question","id":"q","text":"Which branch?"}'
while :; do sleep 0.05; done)",
              R"({"grace":60})");
    run.start_worker();
    const auto task = run.enqueue("asker", "", R"({"hold":0})");
    run.until([&] { return run.file("ending") == "\n"; }, "SIGTERM to reach the agent");
    run.until_value("select count(*) from agentcron.inbox", "1");
    expire(run);
    run.look_for_signals();
    run.write("go", "");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || '/' || run_no") == "input_timeout/1");
}
