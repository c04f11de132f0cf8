// Fire times of the past that somebody wants, and runs by hand.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;

namespace {

void add_hourly(EngineRun& run, const std::string& agent) {
    for (int i = 0; i < 2; ++i) run.start_scheduler();
    run.start_worker();
    run.database.execute(fmt::format("insert into agentcron.schedules (name, agent, cron) values "
                                     "('s', '{}', '0 * * * *')",
                                     agent));
    run.until_planned();
}

// The hours from 0 up to `to` of a day in the past; returns when all is made.
void backfill(EngineRun& run, int to, const std::string& more = "") {
    run.database.execute(fmt::format("select agentcron.backfill('s', '2026-01-05T00:00Z', "
                                     "'2026-01-05T{:02}:00Z'{})",
                                     to, more));
}

void until_made(EngineRun& run) {
    run.until_value("select count(*) from agentcron.backfill_status where state <> 'finished'",
                    "0");
}

std::string counts(EngineRun& run) { // of the newest
    return run.database.value("select made || ' ' || rerun || ' ' || kept from agentcron.backfills "
                              "order by id desc limit 1");
}

} // namespace

TEST_CASE("a backfill runs each fire time of a half-open span once, one after another",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command",
              "mkdir one || echo >> clashes; sleep 0.02; rmdir one; "
              "echo $AGENTCRON_FIRE_TIME >> times");
    add_hourly(run, "sh");
    const auto cursor = run.database.value("select next_fire_at from agentcron.schedules");
    backfill(run, 5);
    until_made(run);
    CHECK(counts(run) == "5 0 0");
    CHECK(run.file("times") == "2026-01-05T00:00:00Z\n2026-01-05T01:00:00Z\n2026-01-05T02:00:00Z\n"
                               "2026-01-05T03:00:00Z\n2026-01-05T04:00:00Z\n");
    CHECK(run.file("clashes") == "");
    CHECK(run.database.value("select string_agg(distinct priority || trigger, ' ') from "
                             "agentcron.tasks") == "200backfill");
    CHECK(run.database.value("select next_fire_at from agentcron.schedules") == cursor);
    // The same again, and a little more.
    backfill(run, 5);
    until_made(run);
    CHECK(counts(run) == "0 0 5");
    backfill(run, 6);
    until_made(run);
    CHECK(counts(run) == "1 0 5");
    CHECK(run.database.value("select count(*) from agentcron.attempts") == "6");
}

TEST_CASE("a backfill runs what was skipped, and no row stands for what has its own",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    add_hourly(run, "sh");
    const auto insert = [&](const std::string& hour, const std::string& status,
                            const std::string& reason, const std::string& covers, int fires) {
        run.database.execute(fmt::format(
            "insert into agentcron.tasks (schedule_id, schedule, agent, fire_time, run_at, "
            "trigger, "
            "status, reason, started_at, finished_at, spec, covers_from, fires_covered) select id, "
            "'s', 'sh', "
            "'2026-01-05T{0}Z', '2026-01-05T{0}Z', 'catch_up', '{1}', '{2}', case '{1}' when "
            "'skipped' then null else now() end, now(), '{{}}', {3}, "
            "{4} from agentcron.schedules",
            hour, status, reason, covers, fires));
    };
    insert("01:00", "skipped", "overlap", "null", 1);
    insert("05:00", "succeeded", "", "'2026-01-05T02:00Z'", 4);
    backfill(run, 4);
    until_made(run);
    CHECK(counts(run) == "3 1 0"); // 00, 02 and 03; 01
    CHECK(run.database.value("select count(*) from agentcron.tasks where status = 'succeeded' and "
                             "trigger = 'backfill'") == "4");
    CHECK(run.database.value("select fires_covered from agentcron.tasks where trigger = "
                             "'catch_up'") == "2"); // 04 and 05
    CHECK(run.database.value("select sum(fires_covered) from agentcron.tasks") == "6");
}

TEST_CASE("a backfill makes only so many tasks at a time", "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    add_hourly(run, "gate");
    backfill(run, 6, ", overlap => 'allow', at_once => 2");
    const char* unfinished = "select count(*) from agentcron.tasks where finished_at is null";
    run.until_value("select count(*) from agentcron.tasks where status = 'running'", "2");
    add_schedule(run, "other", "gate"); // the schedulers look again
    CHECK(run.database.value(unfinished) == "2");
    const auto first = std::stoll(run.database.value("select min(id) from agentcron.tasks"));
    let_go(run, first);
    run.until_value("select count(*) from agentcron.tasks", "3");
    CHECK(run.database.value(unfinished) == "2");
    let_all_go(run);
    until_made(run);
    CHECK(counts(run) == "6 0 0");
    CHECK(run.database.value("select count(*) from agentcron.attempts") == "6");
}

TEST_CASE("a schedule that is triggered in a transaction that is rolled back does not run",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "echo \"$(cat)\" >> ran");
    run.start_scheduler();
    run.start_worker();
    add_schedule(run, "s", "sh", "prompt, params", R"('{{params.who}}', '{"who":""}')");
    {
        agentcron::support::TestDatabase::Blocker caller(
            run.database, R"(select agentcron.trigger_schedule('s', '{"who":"a"}'))");
        run.until_status(run.enqueue("sh", "b"), "succeeded");
    }
    agentcron::support::TestDatabase::Blocker caller(
        run.database, R"(select agentcron.trigger_schedule('s', '{"who":"c"}'))");
    caller.commit();
    run.until_value("select count(*) from agentcron.tasks where schedule = 's' and status = "
                    "'succeeded'",
                    "1");
    CHECK(run.file("ran") == "b\nc\n");
}
