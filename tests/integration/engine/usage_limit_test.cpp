// Tasks whose agent's provider takes no more work for now.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;

namespace {

// An agent of driver jsonl that tells of a limit while the file "limit" holds one, and else does
// its work; each leg notes the task line that it got.
void add_limited(EngineRun& run, const std::string& name = "limited") {
    run.agent(name, "jsonl", R"(read task; echo "$task" >> legs
echo '{"type":"session","session_id":"s-7"}'
echo '{"type":"usage","cost_usd":0.25,"input_tokens":10,"output_tokens":4,"turns":2}'
[ -e limit ] && { cat limit; exit 1; }
echo '{"type":"result","result":"done"}')");
}

// The limit as it stands in the agent's file; `until` is SQL.
void set_limit(EngineRun& run, const std::string& until) {
    const auto at = run.database.value("select extract(epoch from " + until + ")::bigint");
    run.write("limit", fmt::format(R"({{"type":"limit","until":{},"text":"no more"}})"
                                   "\n",
                                   at));
}

void end_limit(EngineRun& run) {
    std::filesystem::remove(run.directory / "limit");
}

// The time that blocked tasks wait for has come.
void let_time_come(EngineRun& run) {
    run.database.execute("update agentcron.held set until = now(); delete from agentcron.walls");
    run.wake("ready");
}

} // namespace

TEST_CASE("a task that met a limit goes on after its end, in its session, as the same attempt",
          "[integration][engine][limits]") {
    EngineRun run;
    add_limited(run);
    run.start_worker();
    set_limit(run, "now() + interval '1 hour'");
    const auto task = run.enqueue("limited", "work");
    run.until_status(task, "blocked");
    CHECK(run.task(task, "reason || '/' || attempt || '/' || run_no || '/' || limit_waits") ==
          "usage_limit/0/1/1");
    CHECK(run.task(task, "message").starts_with("no more; goes on at "));
    CHECK(run.task(task, "session_id") == "s-7");
    // After the end that was told of, within a minute.
    CHECK(run.database.value("select h.until - w.until < '1 minute' and h.until >= w.until "
                             "from agentcron.held h, agentcron.walls w") == "t");
    CHECK(run.database.value("select outcome || '/' || reason from agentcron.attempts") ==
          "blocked/usage_limit");
    end_limit(run);
    let_time_come(run);
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "attempt || '/' || run_no") == "1/2");
    CHECK(run.task(task, "cost_usd || '/' || input_tokens") == "0.500000/20");
    const auto legs = run.file("legs");
    CHECK(legs.find(R"("session_id":"s-7","goes_on":true)") != std::string::npos);
    CHECK(legs.find("goes_on") > legs.find('\n'));
}

TEST_CASE("a limit is waited for only so often", "[integration][engine][limits]") {
    EngineRun run;
    add_limited(run);
    run.start_worker();
    run.write("limit", "{\"type\":\"limit\",\"text\":\"no more\"}\n");
    const auto task = run.enqueue("limited", "", R"({"max_limit_waits":2,"retry":{"attempts":3}})");
    for (int wait = 1; wait <= 2; ++wait) {
        run.until_value(fmt::format("select status || limit_waits from agentcron.tasks where id = "
                                    "{}",
                                    task),
                        fmt::format("blocked{}", wait));
        // Its end is not known: a pause, and nobody else has to wait.
        CHECK(run.database.value("select until - now() between '2 minutes' and '11 minutes' from "
                                 "agentcron.held") == "t");
        CHECK(run.database.value("select count(*) from agentcron.walls") == "0");
        let_time_come(run);
    }
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "usage_limit");
    CHECK(run.task(task, "message") == "stopped by a limit of its provider after 2 waits, as many "
                                       "as max_limit_waits allows: no more");
    CHECK(run.task(task, "run_no") == "3");
}

TEST_CASE("the agent's other tasks do not run into the same limit",
          "[integration][engine][limits]") {
    EngineRun run;
    add_limited(run);
    run.agent("other", "command", "true");
    for (int i = 0; i < 2; ++i) run.start_worker();
    set_limit(run, "now() + interval '1 hour'");
    const auto first = run.enqueue("limited");
    run.until_status(first, "blocked");
    const auto second = run.enqueue("limited");
    run.until_value("select count(*) from agentcron.held where key = 'limit:limited'", "1");
    CHECK(run.task(second, "status || '/' || run_no || '/' || waited_for") ==
          "queued/0/the end of a usage limit of agent limited");
    run.until_status(run.enqueue("other"), "succeeded");
    end_limit(run);
    // A person knows better: the first goes on now, and the second with it.
    run.database.value(fmt::format("select agentcron.retry({})", first));
    run.until_status(first, "succeeded");
    run.until_status(second, "succeeded");
    CHECK(run.task(first, "limit_waits") == "0");
    CHECK(run.file("legs").find("\"goes_on\":true") != std::string::npos);
}

TEST_CASE("what waits for the end of a limit starts when it comes",
          "[integration][engine][limits]") {
    EngineRun run;
    add_limited(run);
    run.start_worker();
    run.database.execute("insert into agentcron.walls values ('limited', now() + interval '1s')");
    const auto task = run.enqueue("limited");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "started_at >= (select until from agentcron.walls)") == "t");
    CHECK(run.task(task, "waited_for") == "the end of a usage limit of agent limited");
}

TEST_CASE("a blocked task counts as unfinished, is cancelled, and keeps its total_timeout",
          "[integration][engine][limits]") {
    EngineRun run;
    add_limited(run);
    run.start_scheduler();
    run.start_worker();
    set_limit(run, "now() + interval '1 hour'");
    add_schedule(run, "s", "limited", "total_timeout", "'1 day'");
    const auto first = fire(run, "s");
    run.until_status(first, "blocked");
    const auto second = fire(run, "s");
    run.until_status(second, "skipped");
    CHECK(fate(run, second) == fmt::format("skipped/overlap {}", first));
    CHECK(
        run.database
            .value("select explanation from agentcron.why where task_id = " + std::to_string(first))
            .starts_with("blocked (usage_limit): no more; goes on at "));
    SECTION("cancel") {
        run.database.value(fmt::format("select agentcron.cancel({})", first));
        CHECK(run.task(first, "status || '/' || reason") == "cancelled/user");
    }
    SECTION("its time is over") {
        run.database.execute("update agentcron.tasks set ends_by = now() where ends_by is not "
                             "null; update agentcron.alarms set at = now() where kind = 'total'");
        run.wake("schedules");
        run.until_status(first, "failed");
        CHECK(run.task(first, "reason") == "timeout");
    }
    CHECK(run.database.value("select count(*) from agentcron.held") == "0");
}

TEST_CASE("a blocked task outlives its worker", "[integration][engine][limits]") {
    EngineRun run;
    add_limited(run);
    const auto worker = run.start_worker();
    set_limit(run, "now() + interval '1 hour'");
    const auto task = run.enqueue("limited");
    run.until_status(task, "blocked");
    run.stop_worker(worker);
    end_limit(run);
    let_time_come(run);
    run.start_worker();
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "attempt || '/' || run_no") == "1/2");
}

TEST_CASE("a step that met a limit holds up its chain and goes on by itself",
          "[integration][engine][limits]") {
    EngineRun run;
    add_limited(run);
    run.start_scheduler();
    run.start_worker();
    set_limit(run, "now() + interval '1 hour'");
    add_schedule(run, "s", "limited", "steps", R"('[{"name":"one"},{"name":"two"}]')");
    const auto chain = fire(run, "s");
    run.until_value("select string_agg(status || reason, ' ' order by step_no) from "
                    "agentcron.tasks where chain_id is not null",
                    "blockedusage_limit blockedupstream");
    CHECK(run.task(chain, "status") == "running");
    end_limit(run);
    if (GENERATE(true, false))
        let_time_come(run);
    else
        run.database.value("select agentcron.retry(id) from agentcron.tasks where step = 'one'");
    run.until_status(chain, "succeeded");
}
