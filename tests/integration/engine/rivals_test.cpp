// Several schedulers and workers on one database.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <sstream>

using agentcron::engine::EngineRun;

namespace {

std::vector<std::string> sorted_lines(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
}

} // namespace

TEST_CASE("200 schedules due at once on two schedulers and two workers make 200 tasks, each run "
          "exactly once",
          "[integration][engine]") {
    EngineRun run;
    run.agent("line", "command", "echo \"$AGENTCRON_SCHEDULE\" >> lines");
    for (int i = 0; i < 2; ++i) run.start_scheduler();
    for (int i = 0; i < 2; ++i) run.start_worker({.slots = 4});
    run.database.execute(
        "insert into agentcron.schedules (name, agent, cron, created_at) "
        "select 's' || n, 'line', '@every 1h', date_trunc('second', now()) - interval '1 hour' "
        "from generate_series(1, 200) n");
    run.until_planned();
    run.database.execute(
        "update agentcron.schedules set next_fire_at = created_at + interval '1 hour'");
    run.wake("schedules");
    run.until_value("select count(*) from agentcron.tasks where status = 'succeeded'", "200");
    CHECK(run.database.value("select count(*) from agentcron.tasks") == "200");
    CHECK(run.database.value("select count(*) from agentcron.attempts") == "200");
    CHECK(run.database.value("select count(distinct schedule_id) from agentcron.tasks") == "200");
    std::vector<std::string> expected;
    for (int i = 1; i <= 200; ++i) expected.push_back("s" + std::to_string(i));
    std::sort(expected.begin(), expected.end());
    CHECK(sorted_lines(run.file("lines")) == expected);
}

TEST_CASE("a stopped worker gives its tasks back, and another one runs them",
          "[integration][engine]") {
    EngineRun run;
    run.agent("wait", "command", "echo x >> starts; while [ ! -e go ]; do sleep 0.05; done");
    const auto first = run.start_worker();
    const auto task = run.enqueue("wait");
    run.until([&] { return run.file("starts") == "x\n"; }, "the agent's start");
    run.stop_worker(first);
    CHECK(run.task(task, "status || '/' || attempt") == "queued/0");
    CHECK(run.database.value("select outcome from agentcron.attempts") == "returned");
    CHECK(run.database.value("select stopped_at is not null from agentcron.workers") == "t");
    CHECK(agentcron::engine::processes_below(run.directory) == 0);
    run.start_worker();
    run.until([&] { return run.file("starts") == "x\nx\n"; }, "the second start");
    run.database.execute("select agentcron.cancel(" + std::to_string(task) + ")");
    run.until_status(task, "cancelled");
    CHECK(run.task(task, "attempt") == "1");
}

TEST_CASE("a cancel that comes while the worker stops is not forgotten", "[integration][engine]") {
    EngineRun run;
    run.agent("slow", "command",
              "trap 'echo > ending; while [ ! -e go ]; do sleep 0.05; done; exit 1' TERM; "
              "echo > up; while :; do sleep 0.05; done",
              R"({"grace":60})");
    const auto worker = run.start_worker();
    const auto task = run.enqueue("slow");
    run.until([&] { return run.file("up") == "\n"; }, "the agent's start");
    bool cancelled = false;
    run.stop_worker_after(worker, [&] {
        if (cancelled || run.file("ending") != "\n") return;
        // As of now this process hears no more hints.
        run.database.execute("update agentcron.leases set cancel_requested = true");
        run.write("go", "");
        cancelled = true;
    });
    REQUIRE(cancelled);
    CHECK(run.task(task, "status || '/' || reason") == "cancelled/user");
    CHECK(run.database.value("select count(*) from agentcron.ready") == "0");
}
