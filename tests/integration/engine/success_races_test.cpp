// What may come while a check runs.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

using agentcron::base::Seconds;
using agentcron::engine::EngineRun;
using agentcron::engine::processes_below;

namespace {

// A check that says that it is up and ends when it is told to; deaf if `trap` says so.
std::string endless_check(const std::string& trap = "") {
    return R"({"retry":{"attempts":3,"backoff":0},"success":{"check":["/bin/sh","-c",")" + trap +
           R"( : > up; while [ ! -e pass ]; do sleep 0.05; done"]}})";
}

std::int64_t start_checking(EngineRun& run, const std::string& options = endless_check()) {
    run.agent("sh", "command", "echo x >> starts", R"({"grace":1})");
    const auto task = run.enqueue("sh", "", options);
    run.until([&] { return std::filesystem::exists(run.directory / "up"); }, "the check's start");
    return task;
}

} // namespace

TEST_CASE("a cancel during the check ends it and cancels the task", "[integration][engine]") {
    EngineRun run;
    run.start_worker();
    const auto task = start_checking(run);
    CHECK(run.database.value("select agentcron.cancel(" + std::to_string(task) + ")") ==
          "cancelling");
    run.until_status(task, "cancelled");
    CHECK(run.task(task, "reason") == "user");
    CHECK(processes_below(run.directory) == 0);
    CHECK(run.file("starts") == "x\n");
}

TEST_CASE("a cancel that a check does not hear of before it has passed comes too late",
          "[integration][engine]") {
    EngineRun run;
    run.start_worker();
    const auto task = start_checking(run, endless_check("trap '' TERM;"));
    run.database.execute("update agentcron.leases set cancel_requested = true");
    run.write("pass", "");
    run.until_status(task, "succeeded");
}

TEST_CASE("a worker that stops during a check gives its task back", "[integration][engine]") {
    EngineRun run;
    const auto worker = run.start_worker();
    const auto task = start_checking(run);
    run.stop_worker(worker);
    CHECK(run.task(task, "status || '/' || attempt") == "queued/0");
    CHECK(run.database.value("select outcome from agentcron.attempts") == "returned");
    CHECK(processes_below(run.directory) == 0);
    run.write("pass", "");
    run.start_worker();
    run.until_status(task, "succeeded");
    CHECK(run.file("starts") == "x\nx\n");
}

TEST_CASE("a worker that is hurried kills a check that does not end", "[integration][engine]") {
    std::filesystem::path directory;
    {
        EngineRun run;
        directory = run.directory;
        run.start_worker();
        start_checking(run, endless_check("trap '' TERM;"));
        CHECK(processes_below(directory) > 0);
    }
    CHECK(processes_below(directory) == 0);
}

TEST_CASE("a check whose attempt lost its lease is killed and nothing more is written",
          "[integration][engine]") {
    EngineRun run;
    run.start_worker({.lease_ttl = Seconds(1)});
    const auto task = start_checking(run, endless_check("trap '' TERM;"));
    run.database.execute("delete from agentcron.leases");
    run.until([&] { return processes_below(run.directory) == 0; }, "the check's end");
    CHECK(run.task(task, "status") == "running");
    CHECK(run.database.value("select outcome from agentcron.attempts") == "");
}

TEST_CASE("a check that a crashed worker leaves is ended where its lease was lost",
          "[integration][engine]") {
    EngineRun run;
    const auto first = run.start_worker();
    start_checking(run, endless_check("trap '' TERM;"));
    run.crash_worker(first);
    CHECK(processes_below(run.directory) > 0);
    run.database.execute("delete from agentcron.leases");
    run.start_worker();
    run.until([&] { return processes_below(run.directory) == 0; }, "the end of what was left");
    CHECK(run.database.value("select outcome from agentcron.attempts") == "");
}
