// Schedules that come after others.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;

namespace {

void add_after(EngineRun& run, const std::string& agent) {
    run.database.execute(fmt::format("insert into agentcron.schedules (name, agent, after) values "
                                     "('down', '{}', '{{a,b}}')",
                                     agent));
    run.until_planned();
}

const char* made = "select count(*) from agentcron.tasks where schedule = 'down'";

} // namespace

TEST_CASE("a schedule fires when each of those before it has succeeded, with their results",
          "[integration][engine]") {
    EngineRun run;
    run.agent("named", "command",
              R"(echo "{\"type\":\"result\",\"result\":\"of $AGENTCRON_SCHEDULE\"}" >&3)");
    run.agent("last", "command", R"(printf '%s' "$AGENTCRON_RESULTS" > results)");
    for (int i = 0; i < 2; ++i) run.start_scheduler();
    run.start_worker();
    add_schedule(run, "a", "named");
    add_schedule(run, "b", "named");
    add_after(run, "last");
    run.until_status(fire(run, "a"), "succeeded");
    run.until_value("select upstream from agentcron.arrivals", "a");
    CHECK(run.database.value(made) == "0");
    const auto b = fire(run, "b");
    run.until_value("select status from agentcron.tasks where schedule = 'down'", "succeeded");
    CHECK(run.file("results") == R"({"a": "of a", "b": "of b"})");
    CHECK(run.database.value("select trigger || ' ' || because_of from agentcron.tasks where "
                             "schedule = 'down'") == fmt::format("after {}", b));
    // What arrived was used up.
    run.until_status(fire(run, "b"), "succeeded");
    run.until_value("select upstream from agentcron.arrivals", "b");
    CHECK(run.database.value(made) == "1");
}

TEST_CASE("what comes after a failed task is cancelled and says so", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", R"([ "$AGENTCRON_SCHEDULE" = a ])");
    run.start_scheduler();
    run.start_worker();
    add_schedule(run, "a", "sh");
    add_schedule(run, "b", "sh", "retry_attempts, retry_backoff", "2, '0'");
    add_after(run, "sh");
    const auto b = fire(run, "b");
    run.until_value("select status || '/' || reason || ' ' || because_of || ' ' || message from "
                    "agentcron.tasks where schedule = 'down'",
                    fmt::format("cancelled/upstream {0} task {0} of \"b\" failed", b));
    CHECK(run.task(b, "attempt") == "2");
    run.until_value("select count(*) from agentcron.alarms", "0");
    CHECK(run.database.value(made) == "1");
}

TEST_CASE("however close the ends of those before it and whoever sees them, it fires once",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.agent("sh", "command", "echo >> ran");
    for (int i = 0; i < 3; ++i) run.start_scheduler();
    for (int i = 0; i < 2; ++i) run.start_worker();
    add_schedule(run, "a", "sh");
    add_schedule(run, "b", "sh");
    add_after(run, "sh");
    for (int round = 1; round <= 8; ++round) {
        run.database.execute("update agentcron.schedules set next_fire_at = now() + interval "
                             "'1 hour' where cron <> ''");
        const auto a = fire(run, "a");
        const auto b = fire(run, "b");
        run.until_status(a, "succeeded");
        run.until_status(b, "succeeded");
        run.until_value(std::string(made) + " and status = 'succeeded'", std::to_string(round));
    }
    run.until_value("select count(*) from agentcron.alarms", "0");
    CHECK(run.database.value(made) == "8");
}

TEST_CASE("ends that two schedulers see at once do not miss each other", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_worker();
    run.start_scheduler();
    add_schedule(run, "a", "sh");
    add_schedule(run, "b", "sh");
    add_after(run, "sh");
    const auto a = fire(run, "a");
    run.until_value("select upstream from agentcron.arrivals", "a");
    // The first scheduler has not committed when the second one looks.
    run.database.execute("delete from agentcron.arrivals");
    {
        agentcron::support::TestDatabase::Blocker rival(
            run.database, fmt::format("select agentcron.task_has_ended({})", a));
        const auto b = fire(run, "b");
        run.until_status(b, "succeeded");
        // It has looked by the time that it has dealt with another's due time.
        add_schedule(run, "other", "sh");
        run.until_status(fire(run, "other"), "succeeded");
        CHECK(run.database.value(made) == "0");
        rival.commit();
    }
    run.until_value("select status from agentcron.tasks where schedule = 'down'", "succeeded");
}
