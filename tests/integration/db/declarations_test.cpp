#include "db/declarations.hpp"

#include "base/timestamps.hpp"
#include "support/catch.hpp"
#include "support/test_cluster.hpp"

#include <set>
#include <tuple>

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

// Every declared column with another value than its default; true: the times change with it.
const std::vector<std::tuple<std::string, std::string, bool>> other_values{
    {"cron", "'@weekly'", true},
    {"timezone", "'Asia/Tokyo'", true},
    {"agent", "'b'", false},
    {"prompt", "'p'", false},
    {"params", "'{\"x\":1}'", false},
    {"enabled", "false", true},
    {"priority", "1", false},
    {"overlap", "'queue_all'", false},
    {"while_waiting", "'allow'", false},
    {"catch_up", "'all'", false},
    {"catch_up_window", "'1 hour'", false},
    {"catch_up_max", "1", false},
    {"timeout", "'1s'", false},
    {"hold", "'1s'", false},
    {"retry_attempts", "2", false},
    {"retry_backoff", "'1s'", false},
    {"retry_max_backoff", "'1s'", false},
    {"paused_at", "now()", true},
    {"queue_max", "1", false},
    {"jitter", "'1s'", false},
    {"starts_at", "now()", true},
    {"ends_at", "now()", true},
    {"max_runs", "1", true},
    {"exclude", "'{2026-12-25}'", true},
    {"concurrency_group", "'g'", false},
    {"concurrency_limit", "2", false},
    {"total_timeout", "'1s'", false},
    {"stall_timeout", "'1s'", false},
    {"queue_timeout", "'1s'", false},
    {"input_timeout", "'1s'", false},
    {"on_input_timeout", "'default'", false},
    {"on_lost", "'ask'", false},
    {"conversation", "'continue'", false},
    {"max_limit_waits", "2", false},
    {"budget", "'{\"turns\":2}'", false},
    {"retry_jitter", "false", false},
    {"retry_on", "'{lost}'", false},
    {"retry_never_on_exit", "'{1}'", false},
    {"pause_after_failures", "1", false},
    {"success", "'{\"result\":true}'", false},
    {"context", "'{\"mail\":\"select 1\"}'", false},
    {"notify", "'{}'", false},
    {"heartbeat_url", "'https://x'", false},
    {"steps", "'[1]'", false},
    {"after", "'{t}'", true},
    {"name", "'renamed'", false}};

schedule::Schedule everything_declared() {
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
    full.retry.attempts = 5;
    full.retry.backoff = base::Seconds(63);
    full.retry.max_backoff = base::Seconds(64);
    full.retry.jitter = false;
    full.retry.on = {"lost", "timeout"};
    full.retry.never_on_exit = {2, 3};
    full.queue_max = 8;
    full.jitter = base::Seconds(65);
    full.starts_at = *base::from_rfc3339("2026-12-01T00:00:00Z");
    full.ends_at = *base::from_rfc3339("2027-12-01T00:00:00.5Z");
    full.max_runs = 9;
    full.exclude = {"2026-12-25", "2026-12-31/2027-01-01"};
    full.concurrency = {"g", 2};
    full.total_timeout = base::Seconds(66);
    full.stall_timeout = base::Seconds(67);
    full.queue_timeout = base::Seconds(68);
    full.input_timeout = base::Seconds(69);
    full.on_input_timeout = schedule::OnInputTimeout::go_on;
    full.on_lost = schedule::OnLost::ask;
    full.conversation = schedule::Conversation::go_on;
    full.max_limit_waits = 2;
    full.budget = {1.5, 40, {}};
    full.day_budget = {{}, {}, 9};
    full.pause_after_failures = 4;
    full.success = {{0, 1}, true, {"check", "it"}};
    full.notify = schedule::Notify{{"failed"}, {"mail"}, "", ""};
    full.heartbeat_url = "https://hc";
    full.after = {"plain"};
    full.context = {{"mail", "select 1"}};
    full.steps.emplace_back().name = "one";
    return full;
}

} // namespace

TEST_CASE("what is declared becomes rows", "[integration][db]") {
    TestDatabase database;
    const auto full = everything_declared();
    auto limited = agent_named("a");
    limited.max_concurrent = 3;
    const auto applied = apply(database, {limited}, {full, schedule_named("plain")});
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
    CHECK(
        row(database, "full",
            "queue_max, jitter, starts_at, ends_at, max_runs, exclude, concurrency_group, "
            "concurrency_limit, total_timeout, stall_timeout, queue_timeout, input_timeout, "
            "on_input_timeout, on_lost, conversation, retry_jitter, retry_on, retry_never_on_exit, "
            "pause_after_failures") ==
        "8/00:01:05/2026-12-01 00:00:00+00/2027-12-01 00:00:00.5+00/9/"
        "{2026-12-25,2026-12-31/2027-01-01}/g/2/00:01:06/00:01:07/00:01:08/00:01:09/continue/"
        "ask/continue/f/"
        "{lost,timeout}/{2,3}/4");
    CHECK(row(database, "full", "max_limit_waits, budget") ==
          "2/{\"turns\": 40, \"per_day\": {\"tokens\": 9}, \"cost_usd\": 1.5}");
    CHECK(row(database, "full", "context") == "{\"mail\": \"select 1\"}");
    CHECK(row(database, "full", "success, notify, heartbeat_url, after, steps") ==
          "{\"check\": [\"check\", \"it\"], \"result\": true, \"exit_codes\": [0, 1]}/"
          "{\"on\": [\"failed\"], \"command\": [\"mail\"]}/https://hc/{plain}/"
          "[{\"name\": \"one\"}]");
    CHECK(database.value("select config->>'command' || max_concurrent from agentcron.agents") ==
          "[\"true\"]3");
}

TEST_CASE("what is not declared has the columns' own defaults", "[integration][db]") {
    TestDatabase database;
    apply(database, {agent_named("a")}, {schedule_named("s")});
    database.execute("insert into agentcron.schedules (name, agent, cron) values ('t', 'a', "
                     "'0 3 * * *')");
    // Values are compared, not their texts: '24:00:00' is '1 day'.
    database.execute("update agentcron.schedules set (name, cron) = ('u', '0 3 * * *') where name "
                     "= 't'; delete from agentcron.schedules where name = 's'; "
                     "update agentcron.schedules set name = 's', source = 'yaml', origin = '" +
                     here + "'");
    CHECK(apply(database, {agent_named("a")}, {schedule_named("s")}).changed.empty());
}

TEST_CASE("an agent's limit may change alone, and go", "[integration][db]") {
    TestDatabase database;
    auto agent = agent_named("a");
    const auto limit = [&] {
        apply(database, {agent}, {});
        return database.value("select coalesce(max_concurrent, 0) from agentcron.agents");
    };
    CHECK(limit() == "0");
    agent.max_concurrent = 2;
    CHECK(limit() == "2");
    agent.max_concurrent.reset();
    CHECK(limit() == "0");
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

TEST_CASE("a change of any declared column counts, and no other", "[integration][db]") {
    TestDatabase database;
    database.execute("insert into agentcron.schedules (name, agent, cron) values ('s', 'a', "
                     "'@daily')");
    std::set<std::string> seen;
    for (const auto& [column, value, times] : other_values) {
        INFO(column);
        seen.insert(column);
        database.execute("update agentcron.schedules set planned_rev = rev, error = 'old', "
                         "next_fire_at = '2030-01-01'");
        const auto rev = std::stoi(database.value("select rev from agentcron.schedules"));
        database.execute("update agentcron.schedules set " + column + " = " + value);
        CHECK(database.value("select rev from agentcron.schedules") == std::to_string(rev + 1));
        CHECK(database.value("select error is null from agentcron.schedules") == "t");
        CHECK((database.value("select next_fire_at is null from agentcron.schedules") == "t") ==
              times);
    }
    // A column to come is declared until somebody says that it is the scheduler's.
    for (const std::string column :
         {"id", "source", "origin", "owner", "created_at", "paused_by", "paused_reason", "rev",
          "planned_rev", "next_fire_at", "zone_version", "last_fire_at", "last_fire_reading",
          "error", "runs"})
        seen.insert(column);
    CHECK(database.value("select count(*) from information_schema.columns where table_schema = "
                         "'agentcron' and table_name = 'schedules'") ==
          std::to_string(seen.size()));
    const auto rev = database.value("select rev from agentcron.schedules");
    database.execute("update agentcron.schedules set next_fire_at = now(), runs = runs + 1, "
                     "planned_rev = 1, zone_version = 'z', last_fire_at = now(), error = 'e', "
                     "last_fire_reading = '2026-01-01', owner = 'o', paused_reason = 'r'");
    CHECK(database.value("select rev from agentcron.schedules") == rev);
}

TEST_CASE("every pause of a schedule is kept, whoever made it", "[integration][db]") {
    TestDatabase database;
    apply(database, {agent_named("a")}, {schedule_named("s")});
    const auto pauses = [&] {
        return database.value("select string_agg(concat_ws('/', paused_by is not null, reason, "
                              "resumed_at is not null), ' ' order by id) from agentcron.pauses");
    };
    database.execute("select agentcron.pause('s', 'holiday')");
    CHECK(pauses() == "t/holiday/f");
    database.execute("select agentcron.pause('s', 'longer')");
    CHECK(pauses() == "t/longer/f");
    database.execute("select agentcron.resume('s')");
    CHECK(pauses() == "t/longer/t");
    database.execute("update agentcron.schedules set paused_at = now()");
    CHECK(pauses() == "t/longer/t f/f");
    database.execute("update agentcron.schedules set paused_at = null");
    database.execute("insert into agentcron.schedules (name, agent, cron, paused_at) values "
                     "('born', 'a', '@daily', now())");
    CHECK(pauses() == "t/longer/t f/t f/f");
}

} // namespace agentcron::db
