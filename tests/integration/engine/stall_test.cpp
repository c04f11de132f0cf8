// Agents that fall silent.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

using agentcron::engine::EngineRun;

TEST_CASE("an agent that writes nothing for stall_timeout is ended with its whole tree",
          "[integration][engine]") {
    EngineRun run;
    run.agent("silent", "command", "(setsid sleep 1000 &); echo up; sleep 1000");
    run.start_worker();
    const auto task = run.enqueue("silent", "", R"({"stall_timeout":1})");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "stalled");
    CHECK(run.task(task, "message").starts_with("stopped because it wrote nothing for "));
    CHECK(run.task(task, "message").ends_with("s; stall_timeout allows more"));
    CHECK(run.output(task) == "up\n");
    CHECK(agentcron::engine::processes_below(run.directory) == 0);
}

TEST_CASE("an agent that is deaf to the polite end of its silence is killed",
          "[integration][engine]") {
    EngineRun run;
    run.agent("deaf", "command", "trap '' TERM; while :; do sleep 0.05; done", R"({"grace":1})");
    run.start_worker();
    const auto task = run.enqueue("deaf", "", R"({"stall_timeout":1})");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "stalled");
    CHECK(run.database.value("select signal from agentcron.attempts") == "9");
}

TEST_CASE("whatever an agent writes, on any stream, is no silence", "[integration][engine]") {
    EngineRun run;
    run.agent("talker", "command", R"(i=0; while [ $i -lt 16 ]; do i=$((i+1))
echo out; sleep 0.1; echo err >&2; sleep 0.1; echo '{"type":"usage"}' >&3; sleep 0.1; done)");
    run.start_worker();
    run.until_status(run.enqueue("talker", "", R"({"stall_timeout":3})"), "succeeded");
}

TEST_CASE("an agent that writes while the database takes nothing is not silent",
          "[integration][engine]") {
    EngineRun run;
    run.agent("talker", "command", R"(: > up; while [ ! -e go ]; do echo; sleep 0.05; done
i=0; while [ $i -lt 50 ]; do i=$((i+1)); head -c 100000 /dev/zero; sleep 0.1; done; : > done)");
    run.start_worker();
    const auto task = run.enqueue("talker", "", R"({"stall_timeout":3})");
    run.until([&] { return std::filesystem::exists(run.directory / "up"); }, "the agent's start");
    run.database.cut_off();
    run.write("go", "");
    run.until([&] { return std::filesystem::exists(run.directory / "done"); }, "the agent's end");
    run.database.let_in();
    run.until_status(task, "succeeded");
}

TEST_CASE("waiting for a person is no silence", "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(read task
echo '{"type":"question","id":"q","text":"Well?"}'
read answer; echo '{"type":"result","result":1}')");
    run.agent("clock", "command", "sleep 3");
    run.start_worker();
    const auto task = run.enqueue("asker", "", R"({"stall_timeout":2})");
    run.until_status(task, "waiting_for_input");
    run.until_status(run.enqueue("clock"), "succeeded");
    CHECK(run.answer(task, "go") == "");
    run.until_status(task, "succeeded");
}

TEST_CASE("after an answer silence counts again", "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(read task
echo '{"type":"question","id":"q","text":"Well?"}'
read answer; sleep 1000)");
    run.start_worker();
    const auto task = run.enqueue("asker", "", R"({"stall_timeout":1})");
    run.until_status(task, "waiting_for_input");
    CHECK(run.answer(task, "go") == "");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "stalled");
}

TEST_CASE("a stalled attempt is followed by another", "[integration][engine]") {
    EngineRun run;
    run.agent("second", "command", "[ -e once ] && exit 0; : > once; sleep 1000");
    run.start_worker();
    const auto task =
        run.enqueue("second", "", R"({"stall_timeout":1,"retry":{"attempts":2,"backoff":0}})");
    run.until_status(task, "succeeded");
    CHECK(run.database.value("select string_agg(outcome || '/' || reason, ' ' order by run_no) "
                             "from agentcron.attempts") == "failed/stalled succeeded/");
}
