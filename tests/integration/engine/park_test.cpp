// Tasks that wait for a person without a process, and the legs that resume them.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

using agentcron::engine::EngineRun;

namespace {

const char* park_at_once = R"({"hold":0})";

// Its second leg is told of question and answer on stdin.
const char* jsonl_asker = R"(read task
echo "$task" >> legs
case "$task" in *'"resume"'*) echo '{"type":"result","result":"resumed"}'; exit;; esac
echo '{"type":"session","session_id":"s-7"}'
echo '{"type":"question","id":"q","text":"Which branch?"}'
read line)";

} // namespace

TEST_CASE("after hold the process is ended, and the answer starts a new leg that knows it",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", jsonl_asker);
    run.start_worker();
    const auto task = run.enqueue("asker", "work", park_at_once);
    run.until_value("select parked from agentcron.inbox", "t");
    CHECK(run.task(task, "status || '/' || session_id") == "waiting_for_input/s-7");
    CHECK(run.database.value("select outcome from agentcron.attempts") == "parked");
    run.until([&] { return agentcron::engine::processes_below(run.directory) == 0; },
              "the end of the process");
    CHECK(run.answer(task, "main") == "");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "result") == "\"resumed\"");
    CHECK(run.task(task, "attempt || '/' || run_no") == "1/2");
    const auto legs = run.file("legs");
    CHECK(legs.find(R"("resume":{"question_id":"q","question":"Which branch?","answer":"main"})") !=
          std::string::npos);
    CHECK(legs.find(R"("session_id":"s-7")") != std::string::npos);
    CHECK(run.database.value("select count(*) from agentcron.attempts where resumes") == "1");
}

TEST_CASE("a command that asked and left is started again with question and answer",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "command", R"(if [ "$AGENTCRON_ANSWER" ]; then
  echo "$AGENTCRON_QUESTION: $AGENTCRON_ANSWER" > heard; cat > prompt; exit; fi
")" AGENTCRON_BINARY_DIR R"(/tests/tests_ask" '{"text":"Ship it?","park":true}' > told; exit 75)");
    run.start_worker();
    const auto task = run.enqueue("asker", "work");
    run.until_value("select parked from agentcron.inbox", "t");
    CHECK(run.answer(task, "yes") == "");
    run.until_status(task, "succeeded");
    CHECK(run.file("told") == "{\"parked\":true}\n");
    CHECK(run.file("heard") == "Ship it?: yes\n");
    CHECK(run.file("prompt") == "work\n\nYou asked earlier:\nShip it?\n\nThe answer:\nyes\n");
    CHECK(run.task(task, "attempt || '/' || run_no") == "1/2");
}

TEST_CASE("an answer that comes while the process is being ended starts a new leg",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl",
              R"(trap 'echo > ending; while [ ! -e go ]; do sleep 0.05; done; exit' TERM
read task
case "$task" in *'"resume"'*) echo '{"type":"result","result":"resumed"}'; exit;; esac
echo '{"type":"question","id":"q","text":"Which branch?"}'
while :; do sleep 0.05; done)",
              R"({"grace":60})");
    run.start_worker();
    const auto task = run.enqueue("asker", "", park_at_once);
    run.until([&] { return run.file("ending") == "\n"; }, "SIGTERM to reach the agent");
    run.until_value("select count(*) from agentcron.inbox", "1");
    CHECK(run.answer(task, "main") == "");
    run.look_for_signals();
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "result") == "\"resumed\"");
    CHECK(run.task(task, "attempt || '/' || run_no") == "1/2");
}

TEST_CASE("an agent that withdraws its question when it is told to end is parked all the same",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(trap 'echo "{\"type\":\"withdrawn\",\"id\":\"q\"}"; exit' TERM
read task
case "$task" in *'"resume"'*) echo '{"type":"result","result":"resumed"}'; exit;; esac
echo '{"type":"question","id":"q","text":"Which branch?"}'
while :; do sleep 0.05; done)");
    run.start_worker();
    const auto task = run.enqueue("asker", "", park_at_once);
    run.until_value("select parked from agentcron.inbox", "t");
    CHECK(run.answer(task, "main") == "");
    run.until_status(task, "succeeded");
}

TEST_CASE("a task that asks in every leg is resumed each time", "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(read task
echo x >> legs
[ $(wc -l < legs) -ge 4 ] && { echo '{"type":"result","result":"enough"}'; exit; }
echo '{"type":"question","id":"q","text":"Again?"}'
read line)");
    run.start_worker();
    const auto task = run.enqueue("asker", "", park_at_once);
    for (int leg = 1; leg <= 3; ++leg) {
        run.until_value("select count(*) from agentcron.attempts where outcome = 'parked'",
                        std::to_string(leg));
        CHECK(run.answer(task, "again") == "");
    }
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "attempt || '/' || run_no") == "1/4");
}

TEST_CASE("a worker that stops parks what waits and loses no answer", "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", jsonl_asker);
    const auto first = run.start_worker();
    const auto task = run.enqueue("asker");
    run.until_status(task, "waiting_for_input");
    run.stop_worker(first);
    CHECK(run.task(task, "status") == "waiting_for_input");
    CHECK(run.database.value("select parked from agentcron.inbox") == "t");
    CHECK(run.answer(task, "main") == "");
    run.start_worker();
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "result") == "\"resumed\"");
}

TEST_CASE("what a parked leg did not tell of costs nothing", "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(read task
echo '{"type":"question","id":"q","text":"Which?"}'; read line)");
    run.start_worker();
    const auto task = run.enqueue("asker", "", R"({"hold":0})");
    run.until_value("select parked from agentcron.inbox", "t");
    CHECK(run.task(task, "cost_usd is null and input_tokens is null") == "t");
}
