// Tasks whose agent needs a login.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;

namespace {

// An agent that is not logged in while the file "no-login" is there.
void add_agent(EngineRun& run) {
    run.agent("model", "jsonl", R"(read task; echo "$task" >> legs
[ -e no-login ] && { echo '{"type":"limit","kind":"auth","text":"Please log in"}'; exit 1; }
echo '{"type":"result","result":"done"}')");
    run.write("no-login", "");
}

void log_in(EngineRun& run) {
    std::filesystem::remove(run.directory / "no-login");
}

const char* notify = R"('{"on":["paused","failed"],"command":["true"]}')";

std::string notifications(EngineRun& run) {
    return run.database.value("select string_agg(schedule || ':' || event, ' ' order by schedule) "
                              "from agentcron.notifications");
}

} // namespace

TEST_CASE("a missing login pauses the schedule with one notification, and no attempt is used up",
          "[integration][engine][limits]") {
    EngineRun run;
    add_agent(run);
    run.start_scheduler();
    run.start_worker();
    add_schedule(run, "s", "model", "notify, overlap", std::string(notify) + ", 'allow'");
    const auto first = fire(run, "s");
    run.until_value("select paused_by from agentcron.schedules", "agentcron");
    CHECK(run.task(first, "status || '/' || reason || '/' || attempt") == "blocked/auth/0");
    CHECK(run.task(first, "message") ==
          "agent model cannot work before a person helps: Please log in. Log in to it as user me "
          "on host h, or correct its key, then `agentcron resume s`");
    CHECK(run.database.value("select paused_reason from agentcron.schedules") ==
          fmt::format("task {} is blocked, and goes on when the schedule is resumed: {}", first,
                      run.task(first, "message")));
    CHECK(run.database.value("select state from agentcron.schedule_status") == "paused");
    // By hand all the same: it stands before the same door, and nobody is told again.
    const auto second = std::stoll(run.database.value("select agentcron.trigger_schedule('s')"));
    run.until_status(second, "blocked");
    run.wake("schedules");
    run.until_value("select count(*) from agentcron.alarms where kind = 'blocked'", "0");
    CHECK(notifications(run) == "s:paused");
    log_in(run);
    if (GENERATE(true, false))
        run.database.value("select agentcron.resume('s')");
    else
        run.database.execute("update agentcron.schedules set paused_at = null");
    run.wake("ready");
    run.until_status(first, "succeeded");
    run.until_status(second, "succeeded");
    CHECK(run.task(first, "attempt || '/' || run_no") == "1/2");
}

TEST_CASE("each schedule that meets the missing login is paused once",
          "[integration][engine][limits]") {
    EngineRun run;
    add_agent(run);
    for (int i = 0; i < 2; ++i) run.start_scheduler();
    for (int i = 0; i < 2; ++i) run.start_worker();
    for (const auto* name : {"a", "b"}) {
        add_schedule(run, name, "model", "notify", notify);
        run.until_status(fire(run, name), "blocked");
    }
    run.until_value("select count(*) from agentcron.schedules where paused_at is not null", "2");
    CHECK(notifications(run) == "a:paused b:paused");
}

TEST_CASE("a task without a schedule waits for its retry", "[integration][engine][limits]") {
    EngineRun run;
    add_agent(run);
    run.start_scheduler();
    run.start_worker();
    const auto task = run.enqueue("model");
    run.until_status(task, "blocked");
    CHECK(run.task(task, "message").ends_with(fmt::format("then `agentcron retry {}`", task)));
    log_in(run);
    run.database.value(fmt::format("select agentcron.retry({})", task));
    run.until_status(task, "succeeded");
}

TEST_CASE("a step without a login pauses the schedule of its chain",
          "[integration][engine][limits]") {
    EngineRun run;
    add_agent(run);
    run.start_scheduler();
    run.start_worker();
    add_schedule(run, "s", "model", "steps", R"('[{"name":"one"}]')");
    const auto chain = fire(run, "s");
    run.until_value("select paused_by from agentcron.schedules", "agentcron");
    CHECK(run.task(chain, "status") == "running");
    log_in(run);
    run.database.value("select agentcron.resume('s')");
    run.until_status(chain, "succeeded");
}

TEST_CASE("a task that is cancelled while it waits for a login pauses nothing",
          "[integration][engine][limits]") {
    EngineRun run;
    add_agent(run);
    run.start_worker();
    run.database.execute(
        "insert into agentcron.schedules (name, agent, cron) values ('s', 'model', '@daily')");
    const auto task = std::stoll(run.database.value("select agentcron.trigger_schedule('s')"));
    run.until_status(task, "blocked");
    run.database.value(fmt::format("select agentcron.cancel({})", task));
    run.start_scheduler();
    run.until_value("select count(*) from agentcron.alarms where kind = 'blocked'", "0");
    CHECK(run.database.value("select paused_at is null from agentcron.schedules") == "t");
    CHECK(run.database.value("select count(*) from agentcron.held") == "0");
}
