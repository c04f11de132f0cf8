// What an attempt does before its agent is started, and what may come meanwhile.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

using agentcron::base::Seconds;
using agentcron::engine::EngineRun;
using agentcron::engine::processes_below;

namespace {

// An agent that notes its start, with a setup that is a shell script.
void prepared_agent(EngineRun& run, const std::string& setup) {
    run.agent("sh", "command", "echo agent >> starts",
              R"({"grace":1,"workspace":{"dir":")" + run.directory.string() +
                  R"(","setup":["/bin/sh","-c",")" + setup + R"("]}})");
}

// A setup that says that it is up and ends when `pass` is there.
constexpr const char* endless = "echo up >> starts; while [ ! -e pass ]; do sleep 0.05; done";
constexpr const char* deaf =
    "trap : TERM; echo up >> starts; while [ ! -e pass ]; do sleep 0.05; done";

std::int64_t start_preparing(EngineRun& run, const std::string& setup = endless,
                             const std::string& options = "{}") {
    prepared_agent(run, setup);
    const auto task = run.enqueue("sh", "", options);
    run.until([&] { return run.file("starts") == "up\n"; }, "the setup's start");
    return task;
}

} // namespace

TEST_CASE("setup runs before the agent, in its directory and environment",
          "[integration][engine][prepare]") {
    EngineRun run;
    prepared_agent(run, "echo setup $AGENTCRON_TASK_ID in $(pwd) >> starts; echo so; echo far >&2");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until_status(task, "succeeded");
    CHECK(run.file("starts") ==
          "setup " + std::to_string(task) + " in " + run.directory.string() + "\nagent\n");
    CHECK(run.database.value("select string_agg(kind || ' ' || stream, ', ' order by stream) from "
                             "agentcron.output") == "setup err, setup out");
    CHECK(run.output(task, "out") == "so\n");
    CHECK(processes_below(run.directory) == 0);
}

TEST_CASE("the output of setup and agent follow each other, whole",
          "[integration][engine][prepare]") {
    EngineRun run;
    run.agent("sh", "command", "seq 200000 299999",
              R"({"workspace":{"setup":["/bin/sh","-c","seq 100000 199999"]}})");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until_status(task, "succeeded");
    std::string expected;
    for (int i = 100000; i < 300000; ++i) expected += std::to_string(i) + "\n";
    CHECK(run.output(task) == expected);
}

TEST_CASE("a task whose setup fails is failed with its last words and no agent is started",
          "[integration][engine][prepare]") {
    EngineRun run;
    prepared_agent(run, "echo 1 of 3; echo the disk is full >&2; exit 3");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || ': ' || message") ==
          "spawn: setup: '/bin/sh' exited with code 3: the disk is full");
    CHECK(run.output(task, "err") == "the disk is full\n");
    CHECK(run.file("starts").empty());
}

TEST_CASE("a setup that is no program says what to do", "[integration][engine][prepare]") {
    EngineRun run;
    run.agent("sh", "command", "true", R"({"workspace":{"setup":["no-such-program"]}})");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until_status(task, "failed");
    CHECK(run.task(task, "message") ==
          "setup: 'no-such-program' could not be started: exec: No such file or directory: "
          "'no-such-program' is not on the agent's PATH; install it, or name it by its whole path");
}

TEST_CASE("a leg that resumes finds what setup had done and left",
          "[integration][engine][prepare]") {
    EngineRun run;
    run.agent("sh", "command", "agentcron ask --park 'Which one?' || exit 75",
              R"({"workspace":{"setup":["/bin/sh","-c","echo setup >> starts"]}})");
    run.start_worker();
    const auto task = run.enqueue("sh", "", R"({"hold":0})");
    run.until_value("select count(*) from agentcron.attempts where outcome = 'parked'", "1");
    CHECK(run.answer(task, "this").empty());
    run.until_value("select count(*) from agentcron.attempts where finished_at is not null", "2");
    CHECK(run.file("starts") == "setup\n");
}

TEST_CASE("a cancel during the preparation ends it and cancels the task",
          "[integration][engine][prepare]") {
    EngineRun run;
    run.start_worker();
    const auto task = start_preparing(run);
    CHECK(run.database.value("select agentcron.cancel(" + std::to_string(task) + ")") ==
          "cancelling");
    run.until_status(task, "cancelled");
    CHECK(run.task(task, "reason") == "user");
    CHECK(processes_below(run.directory) == 0);
    CHECK(run.file("starts") == "up\n");
}

TEST_CASE("a preparation that is deaf to a cancel is killed", "[integration][engine][prepare]") {
    EngineRun run;
    run.start_worker();
    const auto task = start_preparing(run, deaf);
    run.database.value("select agentcron.cancel(" + std::to_string(task) + ")");
    run.until_status(task, "cancelled");
    CHECK(processes_below(run.directory) == 0);
    CHECK(run.file("starts") == "up\n");
}

TEST_CASE("a worker that stops during the preparation gives its task back",
          "[integration][engine][prepare]") {
    EngineRun run;
    const auto worker = run.start_worker();
    const auto task = start_preparing(run);
    run.stop_worker(worker);
    CHECK(run.task(task, "status || '/' || attempt") == "queued/0");
    CHECK(run.database.value("select outcome from agentcron.attempts") == "returned");
    CHECK(processes_below(run.directory) == 0);
    run.write("pass", "");
    run.start_worker();
    run.until_status(task, "succeeded");
    CHECK(run.file("starts") == "up\nup\nagent\n");
}

TEST_CASE("a worker that is hurried kills a preparation that does not end",
          "[integration][engine][prepare]") {
    std::filesystem::path directory;
    {
        EngineRun run;
        directory = run.directory;
        run.start_worker();
        start_preparing(run, deaf);
        CHECK(processes_below(directory) > 0);
    }
    CHECK(processes_below(directory) == 0);
}

TEST_CASE("a preparation whose attempt lost its lease is killed and nothing more is written",
          "[integration][engine][prepare]") {
    EngineRun run;
    run.start_worker({.lease_ttl = Seconds(1)});
    const auto task = start_preparing(run, deaf);
    run.database.execute("delete from agentcron.leases");
    run.until([&] { return processes_below(run.directory) == 0; }, "the setup's end");
    CHECK(run.task(task, "status") == "running");
    CHECK(run.database.value("select outcome from agentcron.attempts") == "");
    CHECK(run.file("starts") == "up\n");
}

TEST_CASE("the timeout holds for the preparation too", "[integration][engine][prepare]") {
    EngineRun run;
    run.start_worker();
    const auto task = start_preparing(run, endless, R"({"timeout":1})");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || ': ' || message") ==
          "timeout: stopped after its timeout of 1s");
    CHECK(processes_below(run.directory) == 0);
}

TEST_CASE("the total timeout ends a preparation", "[integration][engine][prepare]") {
    EngineRun run;
    run.start_worker();
    const auto task = start_preparing(run, endless, R"({"total_timeout":1,"timeout":0})");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || ': ' || message") ==
          "timeout: stopped at the end of its total_timeout of 1s");
}

TEST_CASE("a preparation that a crashed worker leaves is ended, and its task runs again",
          "[integration][engine][prepare]") {
    EngineRun run;
    const auto first = run.start_worker();
    const auto task = start_preparing(run, deaf, R"({"retry":{"attempts":2,"backoff":0}})");
    run.crash_worker(first);
    CHECK(processes_below(run.directory) > 0);
    run.start_worker();
    run.until([&] { return run.file("starts") == "up\nup\n"; }, "the second attempt");
    run.write("pass", "");
    run.until_status(task, "succeeded");
    CHECK(run.file("starts") == "up\nup\nagent\n");
}

TEST_CASE("a message that comes during the preparation reaches the agent",
          "[integration][engine][prepare]") {
    EngineRun run;
    run.agent("sh", "jsonl",
              R"(while read -r line; do case $line in *'"message"'*)
                 echo '{"type":"result","result":"heard"}'; exit;; esac; done)",
              R"({"workspace":{"dir":")" + run.directory.string() +
                  R"(","setup":["/bin/sh","-c",")" + endless + R"("]}})");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until([&] { return run.file("starts") == "up\n"; }, "the setup's start");
    run.database.execute("select agentcron.send_message(" + std::to_string(task) + ", 'hello')");
    run.look_for_signals();
    run.write("pass", "");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "result") == "\"heard\"");
}
