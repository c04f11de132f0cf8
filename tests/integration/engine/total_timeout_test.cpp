// Tasks whose time is over from the first start on, waiting included.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

using agentcron::engine::EngineRun;

namespace {

// Its total_timeout ends in `from_now`.
std::int64_t enqueue_until(EngineRun& run, const std::string& agent, const std::string& from_now,
                           const std::string& more = "") {
    const auto task = run.enqueue(agent, "", fmt::format(R"({{"total_timeout":2{}}})", more));
    run.database.execute(fmt::format("update agentcron.tasks set ends_by = now() + interval '{}' "
                                     "where id = {}",
                                     from_now, task));
    return task;
}

void check_over(EngineRun& run, std::int64_t task) {
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || ': ' || message") ==
          "timeout: stopped at the end of its total_timeout of 2s");
    CHECK(run.database.value("select count(*) from agentcron.leases") == "0");
    CHECK(run.database.value("select count(*) from agentcron.inbox") == "0");
    CHECK(agentcron::engine::processes_below(run.directory) == 0);
}

const char* often = R"(,"retry":{"attempts":5,"backoff":0})";
const char* often_checked =
    R"(,"retry":{"attempts":5,"backoff":0},"success":{"check":["sleep","1000"]})";

} // namespace

TEST_CASE("a task is ended at the end of its total_timeout and never tried again",
          "[integration][engine]") {
    EngineRun run;
    run.agent("endless", "command", "echo x >> starts; sleep 1000");
    const auto task = enqueue_until(run, "endless", "2 seconds", often);
    run.start_worker();
    check_over(run, task);
    CHECK(run.file("starts") == "x\n");
}

TEST_CASE("total_timeout counts while a person is asked", "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl",
              R"(read t; echo '{"type":"question","id":"q","text":"Now?"}'; read a)");
    const auto task = enqueue_until(run, "asker", "2 seconds", R"(,"hold":3600)");
    run.start_worker();
    run.until_value("select count(*) from agentcron.questions", "1");
    check_over(run, task);
    CHECK(run.database.value("select outcome from agentcron.questions") == "withdrawn");
}

TEST_CASE("an attempt whose task has no time left ends without a start", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "echo x >> starts");
    const auto task = enqueue_until(run, "sh", "-1 second", often);
    run.start_worker();
    check_over(run, task);
    CHECK(run.file("starts") == "");
}

TEST_CASE("the end of total_timeout ends a check, and nothing is tried again",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "echo x >> starts");
    const auto task = enqueue_until(run, "sh", "2 seconds", often_checked);
    run.start_worker();
    check_over(run, task);
    CHECK(run.file("starts") == "x\n");
}
