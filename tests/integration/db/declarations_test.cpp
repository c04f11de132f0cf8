#include "db/declarations.hpp"

#include "support/catch.hpp"
#include "support/test_cluster.hpp"

namespace agentcron::db {

using Names = std::vector<std::string>;
using support::TestDatabase;

namespace {

const std::string here = "host:/etc/agentcron";

agent::Profile agent_named(const std::string& name) {
    agent::Profile profile;
    profile.name = name;
    profile.driver = "command";
    profile.command = {"true"};
    return profile;
}

schedule::Schedule schedule_named(const std::string& name) {
    schedule::Schedule schedule;
    schedule.name = name;
    schedule.cron = "0 3 * * *";
    schedule.agent = "a";
    return schedule;
}

Applied apply(const TestDatabase& database, const std::vector<agent::Profile>& agents,
              const std::vector<schedule::Schedule>& schedules, const std::string& origin = here) {
    Connection connection(database.conninfo());
    return apply_declarations(connection, agents, schedules, origin);
}

std::string row(TestDatabase& database, const std::string& name, const std::string& columns) {
    return database.value("select concat_ws('/', " + columns +
                          ") from agentcron.schedules where name = '" + name + "'");
}

} // namespace

TEST_CASE("what is declared becomes rows", "[integration][db]") {
    TestDatabase database;
    auto full = schedule_named("full");
    full.timezone = "Europe/Berlin";
    full.prompt = "it's \"quoted\"\n{{schedule}}";
    full.params_json = R"({"a":[1,"x"],"nul":"\u0000"})";
    full.priority = 3;
    full.overlap = schedule::Overlap::allow;
    full.while_waiting = schedule::WhileWaiting::allow;
    full.catch_up = schedule::CatchUp::all;
    full.catch_up_window = base::Seconds(3600);
    full.catch_up_max = 7;
    full.timeout = base::Seconds(61);
    full.hold = base::Seconds(62);
    full.retry_attempts = 5;
    full.retry_backoff = base::Seconds(63);
    full.retry_max_backoff = base::Seconds(64);
    const auto applied = apply(database, {agent_named("a")}, {full, schedule_named("plain")});
    CHECK(applied.inserted == Names{"full", "plain"});
    CHECK(applied.changed.empty());
    CHECK(row(database, "full",
              "source, origin, cron, timezone, agent, enabled, priority, overlap, while_waiting, "
              "catch_up, catch_up_window, catch_up_max, timeout, hold, retry_attempts, "
              "retry_backoff, retry_max_backoff") ==
          "yaml/host:/etc/agentcron/0 3 * * */Europe/Berlin/a/t/3/allow/allow/all/01:00:00/7/"
          "00:01:01/00:01:02/5/00:01:03/00:01:04");
    CHECK(row(database, "full", "prompt") == full.prompt);
    CHECK(row(database, "full", "params->'a'") == "[1, \"x\"]");
    CHECK(database.value("select config->>'command' from agentcron.agents") == "[\"true\"]");
}

TEST_CASE("a row that is as declared is not touched, so its cursor stands", "[integration][db]") {
    TestDatabase database;
    apply(database, {agent_named("a")}, {schedule_named("s")});
    database.execute(
        "update agentcron.schedules set next_fire_at = '2030-01-01', planned_rev = rev");
    const auto before = row(database, "s", "xmin, rev, planned_rev, next_fire_at");
    const auto applied = apply(database, {agent_named("a")}, {schedule_named("s")});
    CHECK(applied.inserted.empty());
    CHECK(applied.changed.empty());
    CHECK(applied.disabled.empty());
    CHECK(row(database, "s", "xmin, rev, planned_rev, next_fire_at") == before);
}

TEST_CASE("a change of the words keeps the cursor, a change of the times discards it",
          "[integration][db]") {
    TestDatabase database;
    auto schedule = schedule_named("s");
    apply(database, {agent_named("a")}, {schedule});
    database.execute(
        "update agentcron.schedules set next_fire_at = '2030-01-01', planned_rev = rev");
    schedule.prompt = "other words";
    CHECK(apply(database, {agent_named("a")}, {schedule}).changed == Names{"s"});
    CHECK(row(database, "s", "rev, next_fire_at") == "2/2030-01-01 00:00:00+00");
    schedule.cron = "0 4 * * *";
    CHECK(apply(database, {agent_named("a")}, {schedule}).changed == Names{"s"});
    CHECK(row(database, "s", "rev, coalesce(next_fire_at::text, 'none')") == "3/none");
}

TEST_CASE("a schedule that left the files is disabled, and enabled when it comes back",
          "[integration][db]") {
    TestDatabase database;
    apply(database, {agent_named("a")}, {schedule_named("s"), schedule_named("t")});
    CHECK(apply(database, {agent_named("a")}, {schedule_named("t")}).disabled == Names{"s"});
    CHECK(row(database, "s", "enabled") == "f");
    CHECK(apply(database, {agent_named("a")}, {schedule_named("t")}).disabled.empty());
    CHECK(apply(database, {agent_named("a")}, {schedule_named("s"), schedule_named("t")}).changed ==
          Names{"s"});
    CHECK(row(database, "s", "enabled") == "t");
}

TEST_CASE("files of another place disable nothing of ours", "[integration][db]") {
    TestDatabase database;
    apply(database, {agent_named("a")}, {schedule_named("s")});
    CHECK(
        apply(database, {agent_named("a")}, {schedule_named("t")}, "host:/other").disabled.empty());
    CHECK(row(database, "s", "enabled") == "t");
}

TEST_CASE("rows that came by SQL are never touched, and a name that one has is told",
          "[integration][db]") {
    TestDatabase database;
    database.execute("insert into agentcron.agents (name, driver, config) values ('a', 'jsonl', "
                     "'{\"command\":[\"mine\"]}');"
                     "insert into agentcron.schedules (name, agent, cron) values ('s', 'a', "
                     "'@daily'), ('u', 'a', '@daily')");
    const auto applied =
        apply(database, {agent_named("a")}, {schedule_named("s"), schedule_named("t")});
    CHECK(applied.inserted == Names{"t"});
    CHECK(applied.taken == Names{"s", "a"});
    CHECK(applied.disabled.empty());
    CHECK(row(database, "s", "source, cron, rev") == "sql/@daily/1");
    CHECK(row(database, "u", "enabled") == "t");
    CHECK(database.value("select driver || config::text from agentcron.agents") ==
          "jsonl{\"command\": [\"mine\"]}");
}

TEST_CASE("a schedule that a person paused stays paused when its files are read again",
          "[integration][db]") {
    TestDatabase database;
    auto schedule = schedule_named("s");
    apply(database, {agent_named("a")}, {schedule});
    database.execute("select agentcron.pause('s', 'holiday')");
    schedule.prompt = "changed";
    apply(database, {agent_named("a")}, {schedule});
    CHECK(row(database, "s", "paused_at is not null, paused_reason") == "t/holiday");
}

} // namespace agentcron::db
