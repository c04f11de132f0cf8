// Tasks that wait for a person, whose process lives on meanwhile.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

using agentcron::engine::EngineRun;

namespace {

// Asks one question and gives the line that answers it as its result.
const char* asker = R"(read task
echo '{"type":"question","id":"q","text":"Which branch?","options":["main","next"]}'
read -r line
printf '%s\n' "$line" > answered
echo '{"type":"result","result":"'$$'","summary":"done"}')";

} // namespace

TEST_CASE("a question is asked, frees the slot, and its answer reaches the living process",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", asker);
    run.agent("other", "command", "true");
    run.start_worker({.slots = 1});
    const auto task = run.enqueue("asker");
    run.until_status(task, "waiting_for_input");
    CHECK(run.database.rows("select task_id, kind, headline, jsonb_path_query_array(options, "
                            "'$[*].value'), parked from agentcron.inbox") ==
          std::vector<std::vector<std::string>>{
              {std::to_string(task), "choice", "Which branch?", "[\"main\", \"next\"]", "f"}});
    run.until_status(run.enqueue("other"), "succeeded");
    CHECK(run.task(task, "status") == "waiting_for_input");

    CHECK(run.answer(task, "ne\"xt\n") == "");
    run.until_status(task, "succeeded");
    CHECK(run.file("answered") ==
          "{\"type\":\"answer\",\"id\":\"q\",\"answer\":\"ne\\\"xt\\n\"}\n");
    CHECK(run.task(task, "attempt || '/' || run_no") == "1/1");
    CHECK(run.database.value("select outcome || '/' || answered_via || '/' || (delivered_at is not "
                             "null)::text from agentcron.questions") == "answered/sql/true");
    CHECK(run.database.value("select count(*) from agentcron.inbox") == "0");
}

TEST_CASE("a command asks from its shell and reads the answer", "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "command",
              "'" AGENTCRON_BINARY_DIR R"(/tests/tests_ask' '{"text":"Which branch?"}')");
    run.start_worker({.slots = 1});
    const auto task = run.enqueue("asker");
    run.until_status(task, "waiting_for_input");
    CHECK(run.answer(task, "main") == "");
    run.until_status(task, "succeeded");
    CHECK(run.output(task) == "{\"answer\":\"main\"}\n");
    CHECK(run.task(task, "run_no") == "1");
}

TEST_CASE("the first answer wins, and the second is told who was first", "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", asker);
    run.start_worker();
    const auto task = run.enqueue("asker");
    run.until_status(task, "waiting_for_input");
    run.database.execute("select agentcron.answer(" + std::to_string(task) +
                         ", 'main', answered_by => 'ann')");
    const auto second = run.answer(task, "next");
    CHECK(second.starts_with("AC003 "));
    CHECK(second.find("already answered by ann") != std::string::npos);
    CHECK(second.find("main") != std::string::npos);
    run.until_status(task, "succeeded");
    CHECK(run.answer(task, "next").starts_with("AC003 "));
}

TEST_CASE("an answer needs a task that waits", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    const auto task = run.enqueue("sh");
    CHECK(run.answer(task, "yes").starts_with("AC002 "));
    CHECK(run.answer(task + 1000, "yes").starts_with("AC001 "));
    run.start_worker();
    run.until_status(task, "succeeded");
    CHECK(run.answer(task, "yes").starts_with("AC002 "));
}

TEST_CASE("two open questions are each answered by name", "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(read task
echo '{"type":"question","id":"a","text":"First?"}'
echo '{"type":"question","id":"b","text":"Second?"}'
read one; read two
echo "$one$two" > answered
echo '{"type":"result"}')");
    run.start_worker();
    const auto task = run.enqueue("asker");
    run.until_value("select count(*) from agentcron.inbox", "2");
    run.database.execute("select agentcron.answer(task_id, 'B', question_id => question_id) from "
                         "agentcron.inbox where headline = 'Second?'");
    run.until_value("select count(*) from agentcron.questions where delivered_at is not null", "1");
    CHECK(run.task(task, "status") == "waiting_for_input");
    CHECK(run.answer(task, "A") == "");
    run.until_status(task, "succeeded");
    CHECK(run.file("answered") == "{\"type\":\"answer\",\"id\":\"b\",\"answer\":\"B\"}"
                                  "{\"type\":\"answer\",\"id\":\"a\",\"answer\":\"A\"}\n");
}

TEST_CASE("an agent may ask with the same name again", "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(read task
for i in 1 2 3; do echo '{"type":"question","id":"q","text":"Round '$i'"}'; read line; done
echo '{"type":"result"}')");
    run.start_worker();
    const auto task = run.enqueue("asker");
    for (const char* round : {"Round 1", "Round 2", "Round 3"}) {
        run.until_value("select headline from agentcron.inbox", round);
        CHECK(run.answer(task, round) == "");
    }
    run.until_status(task, "succeeded");
    CHECK(run.database.value("select count(*) from agentcron.questions where outcome = "
                             "'answered'") == "3");
}

TEST_CASE("a question that its agent withdraws is closed, and the task runs on",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(read task
echo '{"type":"question","id":"q","text":"Now?"}'
while [ ! -e asked ]; do sleep 0.05; done
echo '{"type":"withdrawn","id":"q"}'
while [ ! -e go ]; do sleep 0.05; done
echo '{"type":"result"}')");
    run.start_worker();
    const auto task = run.enqueue("asker");
    run.until_status(task, "waiting_for_input");
    run.write("asked", "");
    run.until_status(task, "running");
    CHECK(run.database.value("select outcome from agentcron.questions") == "withdrawn");
    CHECK(run.answer(task, "yes").starts_with("AC002 "));
    run.write("go", "");
    run.until_status(task, "succeeded");
}

TEST_CASE("what a person says reaches the running agent", "[integration][engine]") {
    EngineRun run;
    run.agent("listener", "jsonl",
              R"(read task; echo > up; read -r line; printf '%s\n' "$line" > heard
echo '{"type":"result"}')");
    run.start_worker();
    const auto task = run.enqueue("listener");
    run.until([&] { return run.file("up") == "\n"; }, "the agent's start");
    run.database.execute("select agentcron.send_message(" + std::to_string(task) +
                         ", 'hurry \"up\"')");
    run.until_status(task, "succeeded");
    CHECK(run.file("heard") == "{\"type\":\"message\",\"text\":\"hurry \\\"up\\\"\"}\n");
    CHECK(run.database.value("select delivered_at is not null from agentcron.messages") == "t");
}

TEST_CASE("waiting for a person does not use up the timeout", "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", asker);
    run.agent("clock", "command", "sleep 3");
    run.start_worker();
    const auto task = run.enqueue("asker", "", R"({"timeout":2})");
    run.until_status(task, "waiting_for_input");
    run.until_status(run.enqueue("clock"), "succeeded");
    CHECK(run.answer(task, "main") == "");
    run.until_status(task, "succeeded");
}

TEST_CASE("an agent that dies with its question open fails, and the question is closed",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(read task
echo '{"type":"question","id":"q","text":"Now?"}'

while [ ! -e go ]; do sleep 0.05; done; exit 1)");
    run.start_worker();
    const auto task = run.enqueue("asker");
    run.until_status(task, "waiting_for_input");
    run.write("go", "");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "exit_code");
    CHECK(run.database.value("select outcome from agentcron.questions") == "withdrawn");
    CHECK(run.database.value("select count(*) from agentcron.inbox") == "0");
}
