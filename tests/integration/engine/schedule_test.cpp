// From a row of agentcron.schedules to the rows of its fire times.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

using agentcron::engine::EngineRun;
using Rows = std::vector<std::vector<std::string>>;

namespace {

// A schedule of every minute that nobody looked after for `minutes`; with catch_up as given.
void miss(EngineRun& run, const std::string& name, const std::string& columns,
          const std::string& values, int minutes) {
    run.database.execute(
        fmt::format("insert into agentcron.schedules (name, agent, cron, created_at{}) values "
                    "('{}', 'sh', '@every 10m', date_trunc('second', now()) - interval '{} minutes "
                    "30 seconds'{})",
                    columns, name, minutes, values));
    run.until_planned();
    run.database.execute(fmt::format("update agentcron.schedules set next_fire_at = created_at + "
                                     "interval '10 minutes' where name = '{}'",
                                     name));
    run.wake("schedules");
    run.until_value("select count(*) from agentcron.schedules where next_fire_at <= now()", "0");
}

Rows fates(EngineRun& run) {
    return run.database.rows("select status, reason, fires_covered from agentcron.tasks order by "
                             "fire_time, id");
}

} // namespace

TEST_CASE("a due schedule makes one task, which runs once", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "cat; echo x >> ran");
    run.start_scheduler();
    run.start_worker();
    run.due_schedule("hourly", "sh", "prompt", "'{{schedule}} at {{fire_time}}'");
    run.until_value("select status from agentcron.tasks", "succeeded");
    CHECK(run.database.value("select count(*) from agentcron.tasks") == "1");
    CHECK(run.file("ran") == "x\n");
    CHECK(run.database.bytes("select body from agentcron.output") ==
          "hourly at " +
              run.database.value("select to_char(fire_time at time zone 'UTC', "
                                 "'YYYY-MM-DD\"T\"HH24:MI:SS') from agentcron.tasks") +
              run.database.value("select rtrim(rtrim(to_char(fire_time at time zone 'UTC', "
                                 "'.US'), '0'), '.') || 'Z' from agentcron.tasks"));
    CHECK(run.database.value("select fire_time = created_at + interval '1 hour' from (select "
                             "t.fire_time, s.created_at from agentcron.tasks t, "
                             "agentcron.schedules s) x") == "t");
    CHECK(run.database.value("select next_fire_at = created_at + interval '2 hours' from "
                             "agentcron.schedules") == "t");
    CHECK(run.database.value("select state || ' ' || runs from agentcron.schedule_status") ==
          "ok 1");
}

TEST_CASE("@reboot runs once per start of the machine, however many schedulers start",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "echo x >> ran");
    run.database.execute("insert into agentcron.schedules (name, agent, cron) values "
                         "('at-boot', 'sh', '@reboot')");
    run.start_scheduler();
    run.start_scheduler();
    run.start_worker();
    run.until_value("select status from agentcron.tasks", "succeeded");
    run.start_scheduler(); // as a daemon that starts again on the same boot
    run.due_schedule("later", "sh");
    run.until_value("select count(*) from agentcron.tasks where status = 'succeeded'", "2");
    CHECK(run.file("ran") == "x\nx\n");
    CHECK(run.database.value("select count(*) from agentcron.tasks where schedule = 'at-boot'") ==
          "1");
    CHECK(run.database.value(
              "select state from agentcron.schedule_status where name = 'at-boot'") == "ok");
}

TEST_CASE("fire times that were computed with other zone data are computed again",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.database.execute("insert into agentcron.schedules (name, agent, cron, timezone) values "
                         "('daily', 'sh', '0 7 * * *', 'Europe/Berlin')");
    run.start_scheduler();
    run.until_planned();
    const auto right = run.database.value("select next_fire_at from agentcron.schedules");
    // As an older version of the data would have left it, an hour off.
    run.database.execute("update agentcron.schedules set zone_version = 'old', "
                         "next_fire_at = next_fire_at + interval '1 hour'");
    run.start_scheduler(); // looks at the data when it starts
    run.until_value("select next_fire_at from agentcron.schedules", right);
    CHECK(run.database.value("select zone_version <> 'old' from agentcron.schedules") == "t");
}

TEST_CASE("a schedule that is inserted by SQL fires without a restart", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_scheduler();
    run.start_worker();
    run.database.execute("insert into agentcron.schedules (name, agent, cron, overlap) values "
                         "('often', 'sh', '@every 1s', 'allow')");
    run.until_value("select count(*) >= 2 from agentcron.tasks where status = 'succeeded'", "t");
}

TEST_CASE("bad rows say what is wrong with them and harm no other", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_scheduler();
    run.start_worker();
    run.database.execute(R"(insert into agentcron.schedules
        (name, agent, cron, timezone, prompt, params, catch_up_window, timeout) values
        ('cron', 'sh', '61 * * * *', 'UTC', '', '{}', '1 day', '1 hour'),
        ('zone', 'sh', '* * * * *', 'Mars/Olympus', '', '{}', '1 day', '1 hour'),
        ('name', 'sh', '* * * * *', 'UTC', '{{nothing}}', '{}', '1 day', '1 hour'),
        ('never', 'sh', '0 0 31 2 *', 'UTC', '', '{}', '1 day', '1 hour'),
        ('window', 'sh', '* * * * *', 'UTC', '', '{}', '100000000 years', '1 hour'),
        ('timeout', 'sh', '* * * * *', 'UTC', '', '{}', '1 day', '100000000 years'),
        ('agent', 'nobody', '* * * * *', 'UTC', '', '{}', '1 day', '1 hour'))");
    run.due_schedule("good", "sh");
    run.until_value("select status from agentcron.tasks where schedule = 'good'", "succeeded");
    const auto error = [&](const std::string& name) {
        return run.database.value("select error from agentcron.schedule_status where state = "
                                  "'error' and name = '" +
                                  name + "'");
    };
    CHECK(error("cron").starts_with("cron: "));
    CHECK(error("zone").starts_with("timezone: "));
    CHECK(error("name").starts_with("prompt: "));
    CHECK(error("never").starts_with("cron: "));
    CHECK(error("window").starts_with("catch_up_window: "));
    CHECK(error("timeout").starts_with("timeout: "));
    CHECK(error("agent") == "agent: there is no agent \"nobody\"");
    CHECK(run.database.value("select count(*) from agentcron.schedules where error is not null "
                             "and next_fire_at is null") == "7");
}

TEST_CASE("JSON of any shape in a schedule's row is an error in words", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_scheduler();
    run.database.execute(R"(insert into agentcron.schedules
        (name, agent, cron, success, notify, steps, exclude, retry_on, after) values
        ('success', 'sh', '@daily', '{"exit_codes": "0"}', null, '[]', '{}', null, '{}'),
        ('notify', 'sh', '@daily', '{}', '{"on": {}}', '[]', '{}', null, '{}'),
        ('both', 'sh', '@daily', '{}', '{"on": ["failed"]}', '[]', '{}', null, '{}'),
        ('steps', 'sh', '@daily', '{}', null, '[[]]', '{}', null, '{}'),
        ('stranger', 'sh', '@daily', '{}', null, '[{"name":"a","agent":"x"}]', '{}', null, '{}'),
        ('prompt', 'sh', '@daily', '{}', null, '[{"name":"a","prompt":"{{b}}"}]', '{}', null, '{}'),
        ('exclude', 'sh', '@daily', '{}', null, '[]', '{x,null}', null, '{}'),
        ('retry', 'sh', '@daily', '{}', null, '[]', '{}', '{nothing}', '{}'),
        ('self', 'sh', '@daily', '{}', null, '[]', '{}', null, '{self}'),
        ('good', 'sh', '@daily', '{"result": true}', '{"on":["failed"],"command":["x"]}',
         '[{"name":"a"}]', '{2026-12-25}', '{lost}', '{self}'))");
    run.until_value("select count(*) from agentcron.schedules where planned_rev = rev", "10");
    const auto error = [&](const std::string& name) {
        return run.database.value("select error from agentcron.schedules where name = '" + name +
                                  "'");
    };
    CHECK(error("success") == "success: exit_codes must be a list of whole numbers from 0");
    CHECK(error("notify") == "notify: on must be a list of strings");
    CHECK(error("both").starts_with("notify.command: "));
    CHECK(error("steps") == "steps: step 1: expected an object");
    CHECK(error("stranger") == "agent: there is no agent \"x\"");
    CHECK(error("prompt").starts_with("steps: step 'a': prompt: "));
    CHECK(error("exclude").starts_with("exclude: 'x' is not a date"));
    CHECK(error("retry").starts_with("retry_on: unknown value 'nothing'"));
    CHECK(error("self") == "after: a schedule cannot come after itself");
    CHECK(run.database.value("select error is null and next_fire_at is not null from "
                             "agentcron.schedules where name = 'good'") == "t");
}

TEST_CASE("a cursor keeps within the bounds of its schedule", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_scheduler();
    run.database.execute(R"(insert into agentcron.schedules
        (name, agent, cron, starts_at, ends_at, max_runs, exclude, after) values
        ('later', 'sh', '0 3 * * *', '2100-01-01', null, null, '{2100-01-01/2100-01-02}', '{}'),
        ('over', 'sh', '0 3 * * *', null, '2020-01-01', null, '{}', '{}'),
        ('spent', 'sh', '0 3 * * *', null, null, 1, '{}', '{}'),
        ('after', 'sh', '', null, null, null, '{}', '{over}'))");
    run.until_value("select count(*) from agentcron.schedules where planned_rev = rev", "4");
    const auto next = [&](const std::string& name) {
        return run.database.value("select coalesce(error, next_fire_at::text, 'never') from "
                                  "agentcron.schedules where name = '" +
                                  name + "'");
    };
    CHECK(next("later") == "2100-01-03 03:00:00+00");
    CHECK(next("over") == "never");
    CHECK(next("after") == "never");
    run.database.execute("update agentcron.schedules set runs = 1, planned_rev = 0, "
                         "next_fire_at = null where name = 'spent'; "
                         "select agentcron.wake('schedules')");
    run.until_value("select planned_rev = rev from agentcron.schedules where name = 'spent'", "t");
    CHECK(next("spent") == "never");
    run.database.execute("update agentcron.schedules set max_runs = 2 where name = 'spent'");
    run.until_value("select next_fire_at is not null from agentcron.schedules where name = 'spent'",
                    "t");
}

TEST_CASE("a row that was put right fires", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_scheduler();
    run.start_worker();
    run.database.execute("insert into agentcron.schedules (name, agent, cron) values "
                         "('row', 'sh', 'every second')");
    run.until_value("select error is not null from agentcron.schedules", "t");
    run.database.execute("update agentcron.schedules set cron = '@every 1s'");
    run.until_value("select count(*) > 0 from agentcron.tasks where status = 'succeeded'", "t");
    CHECK(run.database.value("select error from agentcron.schedules") == "");
}

TEST_CASE("an unknown agent is an error until somebody declares it", "[integration][engine]") {
    EngineRun run;
    run.start_scheduler();
    run.start_worker();
    run.database.execute("insert into agentcron.schedules (name, agent, cron) values "
                         "('early', 'late', '@every 1s')");
    run.until_value("select error from agentcron.schedules", "agent: there is no agent \"late\"");
    run.agent("late", "command", "true");
    run.until_value("select count(*) > 0 from agentcron.tasks where status = 'succeeded'", "t");
    CHECK(run.database.value("select error from agentcron.schedules") == "");
}

TEST_CASE("odd times in a row's own columns stop nothing", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_scheduler();
    run.start_worker();
    run.database.execute(
        "insert into agentcron.schedules (name, agent, cron, created_at) values "
        "('a', 'sh', '@every 1h', 'infinity'), ('b', 'sh', '@every 1h', '-infinity'), "
        "('c', 'sh', '@every 1h', '12000-01-01'), ('d', 'sh', '0 0 * * *', '0044-03-15 BC')");
    run.until_planned();
    run.database.execute("update agentcron.schedules set next_fire_at = 'infinity'");
    run.due_schedule("good", "sh");
    run.until_value("select status from agentcron.tasks where schedule = 'good'", "succeeded");
}

TEST_CASE("a fire time that comes while the task before it runs is skipped, and says so",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "while [ ! -e go ]; do sleep 0.05; done");
    run.start_scheduler();
    run.start_worker();
    run.due_schedule("hourly", "sh");
    run.until_value("select status from agentcron.tasks", "running");
    run.database.execute("update agentcron.schedules set created_at = created_at - interval '30 "
                         "seconds', next_fire_at = created_at + interval '3570 seconds', "
                         "last_fire_at = null");
    run.wake("schedules");
    run.until_value("select count(*) from agentcron.tasks", "2");
    CHECK(run.database.value("select reason || ': ' || message from agentcron.tasks where status = "
                             "'skipped'") == "overlap: task 1 was not finished");
    run.database.execute("update agentcron.schedules set overlap = 'allow'");
    run.until_planned();
    run.database.execute("update agentcron.schedules set created_at = created_at - interval '30 "
                         "seconds', next_fire_at = created_at + interval '3570 seconds', "
                         "last_fire_at = null");
    run.wake("schedules");
    run.until_value("select count(*) from agentcron.tasks where status = 'running'", "2");
}

TEST_CASE("a fire time that comes while a person is asked is skipped, and says so",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl",
              R"(read t; echo '{"type":"question","id":"q","text":"Now?"}'; cat)");
    run.start_scheduler();
    run.start_worker();
    const auto hold = GENERATE(as<std::string>{}, "'1 hour'", "'0'");
    run.due_schedule("hourly", "asker", "hold", hold);
    run.until_value("select status from agentcron.tasks", "waiting_for_input");
    if (hold == "'0'") run.until_value("select count(*) from agentcron.leases", "0");
    run.database.execute("update agentcron.schedules set created_at = created_at - interval '30 "
                         "seconds', next_fire_at = created_at + interval '3570 seconds', "
                         "last_fire_at = null");
    run.wake("schedules");
    run.until_value("select count(*) from agentcron.tasks", "2");
    CHECK(run.database.value("select reason || ': ' || message from agentcron.tasks where status = "
                             "'skipped'") == "open_question: task 1 waits for a person");
}

TEST_CASE("after a downtime catch_up latest runs the newest missed time, which covers the others",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_scheduler();
    miss(run, "s", ", catch_up", ", 'latest'", 35);
    CHECK(fates(run) == Rows{{"queued", "", "3"}});
}

TEST_CASE("after a downtime catch_up all runs every missed time", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_scheduler();
    miss(run, "s", ", catch_up", ", 'all'", 35);
    CHECK(fates(run) == Rows{{"queued", "", "1"}, {"queued", "", "1"}, {"queued", "", "1"}});
    run.start_worker();
    run.until_value("select count(*) from agentcron.tasks where status = 'succeeded'", "3");
}

TEST_CASE("after a downtime catch_up none runs nothing, and says what was missed",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_scheduler();
    miss(run, "s", ", catch_up", ", 'none'", 35);
    CHECK(fates(run) == Rows{{"skipped", "missed", "3"}});
}

TEST_CASE("missed times beyond the window and the maximum are one row", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_scheduler();
    miss(run, "s", ", catch_up, catch_up_max", ", 'all', 2", 55);
    CHECK(fates(run) == Rows{{"skipped", "missed", "3"}, {"queued", "", "1"}, {"queued", "", "1"}});
}

TEST_CASE("paused time is not missed time", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_scheduler();
    run.database.execute("insert into agentcron.schedules (name, agent, cron, created_at, "
                         "paused_at) values ('s', 'sh', '@every 10m', now() - interval '1 day 5 "
                         "minutes', now() - interval '1 day')");
    run.until_planned();
    CHECK(run.database.value("select state from agentcron.schedule_status") == "paused");
    CHECK(run.database.value("select next_fire_at from agentcron.schedules") == "");
    run.database.execute("select agentcron.resume('s')");
    run.until_planned();
    run.until_value("select next_fire_at > now() from agentcron.schedules", "t");
    CHECK(run.database.value("select count(*) from agentcron.tasks") == "0");
}

TEST_CASE("a schedule that is triggered by hand runs now and keeps its next fire time",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "cat");
    run.database.execute("insert into agentcron.schedules (name, agent, cron, prompt, params) "
                         "values ('s', 'sh', '@every 1h', '{{params.who}}', '{\"who\":\"a\"}')");
    run.start_scheduler();
    run.start_worker();
    run.until_planned();
    const auto before = run.database.value("select next_fire_at from agentcron.schedules");
    const auto task =
        std::stoll(run.database.value("select agentcron.trigger_schedule('s', '{\"who\":\"b\"}')"));
    run.until_status(task, "succeeded");
    CHECK(run.output(task) == "b");
    CHECK(run.task(task, "fire_time") == "");
    CHECK(run.database.value("select next_fire_at from agentcron.schedules") == before);
}
