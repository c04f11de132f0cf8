// Processes that are started before a fire time and wait for their task. The agents say in a file
// what happens in which order: "up PID" once they are initialised, "task PID" when they have one.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;
using Catch::Contains;

namespace {

constexpr const char* agent_script = R"(echo '{"type":"text","text":"imported"}'
echo "up $$ ${AGENTCRON_TASK_ID-none}" >> journal
read task || { echo "unused $$" >> journal; exit; }
echo "task $$" >> journal
echo "{\"type\":\"result\",\"result\":$$}")";

// The next fire time of a schedule made now is at most an hour away.
constexpr const char* within_an_hour = R"({"prewarm":3600})";

void until_up(EngineRun& run, std::size_t count) {
    run.until(
        [&] {
            std::size_t up = 0;
            const auto journal = run.file("journal");
            for (std::size_t at = 0; (at = journal.find("up ", at)) != std::string::npos; ++at)
                ++up;
            return up == count;
        },
        fmt::format("{} processes that are up", count));
}

std::string pid_of_first(EngineRun& run) {
    const auto journal = run.file("journal");
    return journal.substr(3, journal.find(' ', 3) - 3);
}

std::size_t processes(EngineRun& run) {
    return processes_below(run.directory / "runs");
}

} // namespace

TEST_CASE("a process that is up before the fire time gets the task", "[integration][engine]") {
    EngineRun run;
    run.agent("warm", "jsonl", agent_script, within_an_hour);
    run.start_scheduler();
    run.start_worker();
    add_schedule(run, "nightly", "warm");
    until_up(run, 1);
    CHECK(run.database.value("select count(*) from agentcron.tasks") == "0");
    const auto pid = pid_of_first(run);
    const auto task = fire(run, "nightly");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "result") == pid);
    // It had no task when its environment was made, and what it said before is kept.
    CHECK_THAT(run.file("journal"), Contains(fmt::format("up {} none\n", pid)));
    CHECK_THAT(run.file("journal"), Contains(fmt::format("task {}\n", pid)));
    CHECK_THAT(run.output(task), Contains("imported"));
    CHECK(run.database.value("select count(*) from agentcron.attempts") == "1");
    // The next fire time gets a process of its own.
    until_up(run, 2);
}

TEST_CASE("a process of an agent that was changed meanwhile does not get the task",
          "[integration][engine]") {
    EngineRun run;
    run.agent("warm", "jsonl", agent_script, within_an_hour);
    run.start_scheduler();
    run.start_worker();
    add_schedule(run, "nightly", "warm");
    until_up(run, 1);
    const auto pid = pid_of_first(run);
    run.database.execute(R"(update agentcron.agents set config = config || '{"env":{"A":"1"}}')");
    const auto task = fire(run, "nightly");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "result") != pid);
    run.until([&] { return run.file("journal").find("unused " + pid) != std::string::npos; },
              "the end of the process of the old declaration");
}

TEST_CASE("a process that died while it waited is replaced by a fresh one at the start",
          "[integration][engine]") {
    EngineRun run;
    run.agent("warm", "jsonl",
              fmt::format("[ -e once ] || {{ > once; exit 3; }}\n{}", agent_script),
              within_an_hour);
    run.start_scheduler();
    run.start_worker();
    add_schedule(run, "nightly", "warm");
    run.until([&] { return std::filesystem::exists(run.directory / "once"); }, "the first process");
    run.until([&] { return processes(run) == 0; }, "its end");
    const auto task = fire(run, "nightly");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "attempt") == "1");
}

TEST_CASE("what a process said before its task is in the log of a task that fails",
          "[integration][engine]") {
    EngineRun run;
    run.agent("warm", "jsonl",
              "echo 'no licence was found' >&2; echo up $$ >> journal; read task; exit 4",
              within_an_hour);
    run.start_scheduler();
    run.start_worker();
    add_schedule(run, "nightly", "warm");
    until_up(run, 1);
    const auto task = fire(run, "nightly");
    run.until_status(task, "failed");
    CHECK(run.output(task, "err") == "no licence was found\n");
    CHECK_THAT(run.task(task, "message"), Contains("no licence was found"));
}

TEST_CASE("a question from the shell of a process that waited reaches its task",
          "[integration][engine]") {
    EngineRun run;
    run.agent("warm", "jsonl",
              "echo up $$ >> journal; read task; '" AGENTCRON_BINARY_DIR
              R"(/tests/tests_ask' '{"text":"Which branch?"}' > answer
echo '{"type":"result"}')",
              within_an_hour);
    run.start_scheduler();
    run.start_worker();
    add_schedule(run, "nightly", "warm");
    until_up(run, 1);
    const auto task = fire(run, "nightly");
    run.until_status(task, "waiting_for_input");
    CHECK(run.answer(task, "main") == "");
    run.until_status(task, "succeeded");
    CHECK(run.file("answer") == "{\"answer\":\"main\"}\n");
}

TEST_CASE("a process whose fire time brings no task is ended", "[integration][engine]") {
    EngineRun run;
    run.agent("warm", "jsonl", agent_script, within_an_hour);
    run.start_worker();
    // No scheduler: nobody makes a task of it.
    run.database.execute("insert into agentcron.schedules (name, agent, cron) values ('nightly', "
                         "'warm', '@every 1h')");
    run.database.execute(
        "update agentcron.schedules set next_fire_at = now() + interval '2 seconds'");
    run.wake("coming");
    until_up(run, 1);
    run.until([&] { return run.file("journal").find("unused") != std::string::npos; }, "its end");
    run.until([&] { return processes(run) == 0; }, "the end of its shim");
}

TEST_CASE("a paused schedule gets no process", "[integration][engine]") {
    EngineRun run;
    run.agent("warm", "jsonl", agent_script, within_an_hour);
    run.agent("other", "jsonl", agent_script, within_an_hour);
    run.start_scheduler();
    add_schedule(run, "paused", "warm", "paused_at", "now()");
    add_schedule(run, "disabled", "warm", "enabled", "false");
    add_schedule(run, "nightly", "other");
    run.start_worker();
    until_up(run, 1);
    // All that one look finds is started together.
    std::size_t runs = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(run.directory / "runs"))
        runs += entry.path().filename() == "spool";
    CHECK(runs == 1);
}

TEST_CASE("a worker that stops ends the processes that wait", "[integration][engine]") {
    EngineRun run;
    run.agent("warm", "jsonl", agent_script, within_an_hour);
    run.start_scheduler();
    const auto worker = run.start_worker();
    add_schedule(run, "nightly", "warm");
    until_up(run, 1);
    run.stop_worker(worker);
    CHECK_THAT(run.file("journal"), Contains("unused " + pid_of_first(run)));
    CHECK(processes(run) == 0);
}

TEST_CASE("processes that waited when their worker died are ended by the next start",
          "[integration][engine]") {
    EngineRun run;
    run.agent("warm", "jsonl", agent_script, within_an_hour);
    run.start_scheduler();
    const auto worker = run.start_worker();
    add_schedule(run, "nightly", "warm");
    until_up(run, 1);
    run.crash_worker(worker);
    CHECK(processes(run) > 0);
    run.end_leftovers();
    CHECK(processes(run) == 0);
}

TEST_CASE("tasks that wait for their time, and first steps, are expected too",
          "[integration][engine]") {
    EngineRun run;
    run.agent("warm", "jsonl", agent_script, within_an_hour);
    run.start_scheduler();
    SECTION("a task by hand for later") {
        run.database.execute(
            "select agentcron.enqueue('warm', run_at => now() + interval '10 minutes')");
        run.start_worker();
        until_up(run, 1);
    }
    SECTION("a chain") {
        run.agent("store", "command", "cat > stored");
        add_schedule(run, "chain", "store", "steps",
                     R"('[{"name":"a","agent":"warm"},{"name":"b","agent":"store",)"
                     R"("prompt":"{{results.a}}"}]')");
        run.start_worker();
        until_up(run, 1);
        const auto chain = fire(run, "chain");
        run.until_status(chain, "succeeded");
        CHECK(run.file("stored") == pid_of_first(run));
    }
}
