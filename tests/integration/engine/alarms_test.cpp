// What happens when a time is over, and what follows from the end of a task.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;

namespace {

const char* asker = R"(read task
case "$task" in *'"resume"'*) printf '%s' "$task" > heard
echo '{"type":"result","result":"resumed"}'; exit;; esac
echo '{"type":"question","id":"q","text":"Which branch?","default":"main",
"options":["main","next"]}' | tr -d '\n'; echo
read -r line; printf '%s' "$line" > heard
echo '{"type":"result","result":"done"}')";

// The time of these alarms has come.
void ring(EngineRun& run, const std::string& kind) {
    run.database.execute(
        fmt::format("update agentcron.alarms set at = now() where kind = '{}'", kind));
    run.wake("schedules");
}

// A task that asks; parked where `hold` is 0.
std::int64_t ask(EngineRun& run, int hold, const std::string& options) {
    run.agent("asker", "jsonl", asker);
    run.start_scheduler();
    run.start_worker();
    const auto task = run.enqueue("asker", "", fmt::format(R"({{"hold":{},{}}})", hold, options));
    run.until_status(task, "waiting_for_input");
    run.until_value("select count(*) from agentcron.questions", "1");
    if (hold == 0) run.until_value("select count(*) from agentcron.leases", "0");
    return task;
}

void until_quiet(EngineRun& run) {
    run.until_value("select count(*) from agentcron.alarms", "0");
}

} // namespace

TEST_CASE("a question whose time is over fails its task", "[integration][engine]") {
    EngineRun run;
    const int hold = GENERATE(3600, 0);
    const auto task = ask(run, hold, R"("input_timeout":7200)");
    ring(run, "input");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || ': ' || message") ==
          (hold == 0 ? "input_timeout: nobody answered in time: Which branch?"
                     : "input_timeout: nobody answered within its input_timeout of 2h"));
    CHECK(run.database.value("select outcome from agentcron.questions") == "expired");
    CHECK(run.database.value("select count(*) from agentcron.inbox") == "0");
}

TEST_CASE("a question whose time is over takes its default", "[integration][engine]") {
    EngineRun run;
    const int hold = GENERATE(3600, 0);
    const auto task = ask(run, hold, R"("input_timeout":7200,"on_input_timeout":"default")");
    ring(run, "input");
    run.until_status(task, "succeeded");
    CHECK(run.file("heard").find(R"("answer":"main")") != std::string::npos);
    CHECK(run.database.value("select answer || ' ' || answered_by || ' ' || answered_via from "
                             "agentcron.questions") == "main agentcron input_timeout");
    CHECK(run.task(task, "attempt") == "1");
}

TEST_CASE("a task goes on when the time of its question is over and it is to continue",
          "[integration][engine]") {
    EngineRun run;
    const int hold = GENERATE(3600, 0);
    const auto task = ask(run, hold, R"("input_timeout":7200,"on_input_timeout":"continue")");
    ring(run, "input");
    run.until_status(task, "succeeded");
    CHECK(run.file("heard").find(R"("answer":null,"timed_out":true)") != std::string::npos);
    CHECK(run.database.value("select outcome from agentcron.questions") == "expired");
}

TEST_CASE("the time of a question that was answered has nothing to say", "[integration][engine]") {
    EngineRun run;
    const auto task = ask(run, 0, R"("input_timeout":7200)");
    CHECK(run.answer(task, "next") == "");
    run.until_status(task, "succeeded");
    ring(run, "input");
    until_quiet(run);
    CHECK(run.task(task, "status") == "succeeded");
    CHECK(run.database.value("select answer from agentcron.questions") == "next");
}

TEST_CASE("total_timeout ends a task that waits for its next attempt, or for a person",
          "[integration][engine]") {
    EngineRun run;
    std::int64_t task = 0;
    if (GENERATE(true, false)) {
        run.agent("sh", "command", "exit 1");
        run.start_scheduler();
        run.start_worker();
        task = run.enqueue("sh", "", R"({"total_timeout":7200,"retry":{"attempts":5,
            "backoff":3000,"jitter":false}})");
        run.until_value("select status || '/' || reason from agentcron.tasks", "queued/retry");
    } else {
        task = ask(run, 0, R"("total_timeout":7200)");
    }
    run.database.execute("update agentcron.tasks set ends_by = now()");
    ring(run, "total");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || ': ' || message") ==
          "timeout: stopped at the end of its total_timeout");
    CHECK(run.database.value("select count(*) from agentcron.held") == "0");
    CHECK(run.database.value("select count(*) from agentcron.inbox") == "0");
    CHECK(run.database.value("select count(*) from agentcron.attempts") == "1");
}

TEST_CASE("so many failures in a row pause a schedule, retries included; a resume forgets them",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "[ -e mended ]");
    for (int i = 0; i < 2; ++i) run.start_scheduler();
    run.start_worker();
    add_schedule(run, "s", "sh", "pause_after_failures, retry_attempts, retry_backoff",
                 "2, 2, '0'");
    const auto fail = [&] {
        const auto task = fire(run, "s");
        run.until_status(task, "failed");
        CHECK(run.task(task, "attempt") == "2");
        until_quiet(run);
        return task;
    };
    const auto is_paused = [&] {
        return run.database.value("select paused_at is not null from agentcron.schedules") == "t";
    };
    fail();
    CHECK_FALSE(is_paused());
    run.write("mended", "");
    run.until_status(fire(run, "s"), "succeeded");
    std::filesystem::remove(run.directory / "mended");
    fail();
    CHECK_FALSE(is_paused());
    const auto last = fail();
    CHECK(is_paused());
    CHECK(run.database.value("select paused_by || ': ' || paused_reason from agentcron.schedules")
              .starts_with(
                  fmt::format("agentcron: 2 failures in a row, the last one task {}: ", last)));
    run.database.execute("select agentcron.resume('s')");
    run.until_planned();
    fail();
    CHECK_FALSE(is_paused());
    fail();
    CHECK(is_paused());
    CHECK(run.database.value("select count(*) from agentcron.pauses where resumed_at is null") ==
          "1");
}

TEST_CASE("a due time that waited long for a worker is asked again whether it is still wanted",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_scheduler();
    const auto [catch_up, age, older, newer] =
        GENERATE(table<std::string, std::string, std::string, std::string>(
            {{"latest", "2 hours", "skipped/missed", "succeeded/"},
             {"latest", "2 days", "skipped/missed", "skipped/missed"},
             {"all", "2 hours", "succeeded/", "succeeded/"},
             {"none", "2 hours", "skipped/missed", "skipped/missed"}}));
    add_schedule(run, "s", "sh", "overlap, catch_up", "'queue_all', '" + catch_up + "'");
    const auto first = fire(run, "s");
    const auto second = fire(run, "s");
    run.database.execute(fmt::format(
        "update agentcron.tasks set fire_time = fire_time - interval '{0}', run_at = run_at - "
        "interval '{0}'; update agentcron.ready set turn_at = turn_at - interval '{0}'",
        age));
    run.start_worker();
    run.until_value("select count(*) from agentcron.tasks where finished_at is null", "0");
    CHECK(run.task(first, "status || '/' || reason") == older);
    CHECK(run.task(second, "status || '/' || reason") == newer);
    if (newer == "succeeded/" && older != newer)
        CHECK(run.task(first, "message") ==
              "no worker was running; a newer due time stands for it");
}

TEST_CASE("a due time that came to nothing does not count for max_runs", "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.start_scheduler();
    run.start_worker();
    const auto overlap = GENERATE(as<std::string>{}, "skip", "queue_all");
    add_schedule(run, "s", "gate", "max_runs, overlap, queue_timeout",
                 "2, '" + overlap + "', '1 hour'");
    const auto first = fire(run, "s");
    run.until_status(first, "running");
    const auto second = fire(run, "s");
    if (overlap == "queue_all") {
        until_held(run, second);
        ring(run, "queue");
        run.until_value("select next_fire_at > now() from agentcron.schedules", "t");
    }
    CHECK(run.task(second, "status") == "skipped");
    let_all_go(run);
    run.until_status(first, "succeeded");
    run.until_status(fire(run, "s"), "succeeded");
    CHECK(run.database.value("select state || ' ' || runs_made from agentcron.schedule_status") ==
          "finished 2");
    CHECK(run.database.value("select next_fire_at from agentcron.schedules") == "");
}

TEST_CASE("a schedule does not fire outside its bounds and on excluded days",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    for (int i = 0; i < 2; ++i) run.start_scheduler();
    add_schedule(run, "early", "sh", "starts_at", "now() + interval '1 day'");
    add_schedule(run, "over", "sh", "ends_at", "now() - interval '1 minute'");
    add_schedule(run, "holiday", "sh", "exclude",
                 "array[((now() at time zone 'UTC')::date - 1) || '/' || "
                 "((now() at time zone 'UTC')::date + 1)]");
    add_schedule(run, "open", "sh", "starts_at, ends_at, exclude",
                 "now() - interval '1 hour', now() + interval '1 hour', array['2020-01-01']");
    for (const auto* name : {"early", "over", "holiday", "open"}) pass(run, name);
    CHECK(run.database.value("select string_agg(schedule, ' ') from agentcron.tasks") == "open");
    CHECK(run.database.value("select string_agg(name, ' ' order by name) from agentcron.schedules "
                             "where next_fire_at >= starts_at or next_fire_at is null or "
                             "(next_fire_at at time zone 'UTC')::date > "
                             "(now() at time zone 'UTC')::date + 1") == "early holiday open over");
}

TEST_CASE("jitter moves the start within its bound, and the row says by how much",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_scheduler();
    add_schedule(run, "s", "sh", "jitter, overlap", "'10 minutes', 'allow'");
    for (int i = 0; i < 8; ++i) fire(run, "s");
    CHECK(run.database.value("select bool_and(run_at between fire_time and fire_time + interval "
                             "'10 minutes') from agentcron.tasks") == "t");
    CHECK(run.database.value("select count(distinct run_at - fire_time) > 1 from "
                             "agentcron.tasks") == "t");
    CHECK(run.database.value("select count(*) from agentcron.tasks t where not exists (select from "
                             "agentcron.held h where h.task_id = t.id and h.until = t.run_at) and "
                             "not exists (select from agentcron.ready r where r.task_id = t.id and "
                             "t.run_at <= now())") == "0");
}
