// `agentcron doctor`: a system that is well, and each way in which a database can be ill, for real.
#include "e2e/doctor_patient.hpp"

using agentcron::e2e::Patient;
using Catch::Contains;
namespace fs = std::filesystem;
namespace support = agentcron::support;

TEST_CASE("a system that is well is well in everything", "[e2e][cli][doctor]") {
    Patient cli;
    const auto config = cli.directory.write(
        "agents.yaml", "agents:\n  sh: {driver: command, command: [sh, -s]}\n"
                       "schedules:\n  daily: {cron: '0 3 * * *', timezone: Europe/Berlin, agent: "
                       "sh, prompt: echo}\n");
    support::Program daemon({support::agentcron_binary(), "up", "--config", config}, cli.options());
    REQUIRE(daemon.wait_for_output("ready "));
    const auto run = cli.run({"trigger", "daily", "--wait"});
    REQUIRE(run.exit_code == 0);
    const auto diagnosis = cli.doctor();
    CHECK(diagnosis.text.empty());
    CHECK(diagnosis.exit_code == 0);
    const auto text = cli.out({"doctor"});
    CHECK_THAT(text, Contains("ok      server     PostgreSQL ") && Contains("ok      clock ") &&
                         Contains("ok      objects    all ") &&
                         Contains("ok      workers    1 lives, 0 of ") &&
                         Contains("ok      zones      1 zone in use"));
}

TEST_CASE("a database that cannot be reached is told of with what to check", "[e2e][cli][doctor]") {
    Patient cli;
    const auto gone = cli.run({"doctor", "--database", "host=/nonexistent"});
    CHECK(gone.exit_code == 3);
    CHECK_THAT(gone.out, Contains("failed  server ") &&
                             Contains("Check that PostgreSQL runs there and listens") &&
                             Contains("named by --database") && Contains("unknown state "));
    CHECK(cli.doctor({"--database", "host=/nonexistent"}).exit_code == 3);
    const auto none =
        cli.run({"doctor", "--database", cli.database.conninfo() + " dbname=nothing_of_this_name"});
    CHECK(none.exit_code == 3);
    CHECK_THAT(none.out, Contains("createdb"));
    CHECK(cli.run({"doctor", "--long-transaction", "5"}).exit_code == 2);
}

TEST_CASE("a database without the schema, or with another one, fails", "[e2e][cli][doctor]") {
    Patient cli;
    cli.database.execute("delete from agentcron.schema_migrations where version = "
                         "(select max(version) from agentcron.schema_migrations)");
    const auto old = cli.doctor();
    CHECK(old.exit_code == 1);
    CHECK(old.has("failed schema: the database has schema version"));
    CHECK(old.has("unknown tables: "));
    cli.database.execute("drop schema agentcron cascade");
    const auto empty = cli.doctor();
    CHECK(empty.exit_code == 1);
    CHECK(empty.has("failed schema: this database has no agentcron schema yet"));
}

TEST_CASE("a schema that was changed by hand is told of by the object", "[e2e][cli][doctor]") {
    Patient cli;
    cli.seem_alive();
    cli.database.execute("drop index agentcron.leases_of_agent");
    cli.database.execute("alter table agentcron.tasks alter priority set default 7");
    cli.database.execute("create table agentcron.mine (id bigint)");
    const auto diagnosis = cli.doctor();
    CHECK(diagnosis.exit_code == 1);
    CHECK(diagnosis.has("failed objects: index leases.leases_of_agent is missing\n"));
    CHECK(diagnosis.has("failed objects: column tasks.priority was changed, it is: "));
    CHECK(diagnosis.has("warning objects: table mine is none of agentcron's\n"));
    CHECK_THAT(cli.run({"doctor"}).out,
               Contains("Make it again: CREATE INDEX leases_of_agent ON agentcron.leases"));
}

TEST_CASE("a role that may not do a daemon's work fails", "[e2e][cli][doctor]") {
    Patient cli;
    cli.seem_alive();
    const auto role = "weak_of_" + cli.database.name();
    cli.database.execute("create role " + role);
    cli.database.execute("grant usage on schema agentcron to " + role);
    cli.database.execute("grant select on agentcron.schema_migrations to " + role);
    const auto weak = cli.doctor({}, {{"PGOPTIONS", "-c role=" + role}});
    cli.database.execute("drop owned by " + role);
    cli.database.execute("drop role " + role);
    CHECK(weak.exit_code == 1);
    CHECK(weak.has("failed role: " + role + " may not read and write "));
    CHECK(weak.has("failed queue: permission denied"));
}

TEST_CASE("the role of context is looked at where schedules use it", "[e2e][cli][doctor]") {
    Patient cli;
    cli.seem_alive();
    cli.declare_schedule("mail");
    cli.plan("mail", "now() + interval '1 hour'");
    cli.database.execute("select agentcron.make_context_role()");
    cli.database.execute("update agentcron.schedules set context = '{\"q\":\"select 1\"}'");
    cli.plan("mail", "now() + interval '1 hour'");
    CHECK(cli.doctor().text.empty());
    cli.database.execute("grant insert on agentcron.tasks to agentcron_context");
    CHECK(cli.doctor().has("failed context: agentcron_context may write tasks\n"));
    cli.database.execute("revoke insert on agentcron.tasks from agentcron_context");
    cli.database.execute("revoke usage on schema agentcron from agentcron_context");
    CHECK(cli.doctor().has("failed context: agentcron_context may not use the schema agentcron"));
}

TEST_CASE("a read-only database fails", "[e2e][cli][doctor]") {
    Patient cli;
    cli.seem_alive();
    const auto diagnosis = cli.doctor({}, {{"PGOPTIONS", "-c default_transaction_read_only=on"}});
    CHECK(diagnosis.exit_code == 1);
    CHECK(diagnosis.has("failed server: sessions are read-only"));
}

TEST_CASE("zones that do not exist fail", "[e2e][cli][doctor]") {
    Patient cli;
    cli.seem_alive();
    cli.declare_schedule("moon");
    cli.database.execute("update agentcron.schedules set timezone = 'Moon/Tycho'");
    CHECK(cli.doctor().has("failed zones: "));
}

TEST_CASE("nobody who works is a failure where work is declared", "[e2e][cli][doctor]") {
    Patient cli;
    fs::create_directories(cli.state());
    CHECK(cli.doctor().exit_code == 0);
    CHECK(cli.doctor().has("warning workers: no worker lives\n"));
    cli.declare_schedule("nightly");
    const auto diagnosis = cli.doctor();
    CHECK(diagnosis.exit_code == 1);
    CHECK(diagnosis.has("failed workers: no worker lives; 0 tasks and 1 schedule wait for one\n"));
    CHECK(diagnosis.has("failed schedulers: no scheduler lives: nothing fires\n"));
    cli.seem_alive();
    cli.database.execute("update agentcron.workers set heartbeat_at = now() - interval '70 s'");
    cli.database.execute("update agentcron.schedulers set version = '0.0.1'");
    const auto slow = cli.doctor();
    // The doctor may take some seconds to come.
    CHECK(slow.has("warning workers: no sign of life of here (pid 1) for 1m1"));
    CHECK(slow.has("warning schedulers: here (pid 1) is agentcron 0.0.1, this is "));
    cli.database.execute("update agentcron.workers set heartbeat_at = now() - interval '2 h'");
    cli.database.execute("delete from agentcron.schedulers");
    const auto dead = cli.doctor();
    CHECK(dead.has("failed workers: no worker lives"));
    CHECK(dead.has("warning workers: the worker on here (pid 1) died 2h"));
    CHECK(dead.has("failed schedulers: no scheduler lives: nothing fires\n"));
}

TEST_CASE("a lease of a dead worker that nobody takes back fails", "[e2e][cli][doctor]") {
    Patient cli;
    cli.seem_alive();
    const auto id = cli.add_task("running", ", run_no", ", 1");
    cli.database.execute(
        "insert into agentcron.leases (task_id, run_no, token, worker_id, agent, lease_until) "
        "values (" +
        id + ", 1, gen_random_uuid(), gen_random_uuid(), 'echo', now() - interval '1 hour')");
    const auto diagnosis = cli.doctor();
    CHECK(diagnosis.exit_code == 1);
    CHECK(diagnosis.has("failed leases: the lease of task " + id + " ran out 1h"));
}

TEST_CASE("schedules that do not fire are told of with the cause", "[e2e][cli][doctor]") {
    Patient cli;
    cli.seem_alive();
    for (const char* name : {"wrong", "tired", "over", "late", "fresh"}) {
        cli.declare_schedule(name);
        cli.plan(name, "now() + interval '1 hour'");
    }
    CHECK(cli.doctor().text.empty());
    const auto set = [&](const std::string& name, const std::string& what) {
        cli.database.execute("update agentcron.schedules set " + what + " where name = '" + name +
                             "'");
    };
    set("wrong", "error = 'there is no agent \"x\"'");
    set("tired", "paused_at = now(), paused_by = 'agentcron', paused_reason = '3 failures'");
    set("over", "next_fire_at = null");
    set("late", "next_fire_at = now() - interval '5 minutes'");
    set("fresh", "prompt = 'another'");
    const auto diagnosis = cli.doctor();
    CHECK(diagnosis.exit_code == 1);
    CHECK(diagnosis.has("failed schedules: wrong cannot fire: there is no agent \"x\"\n"));
    CHECK(diagnosis.has("warning schedules: tired was paused by agentcron: 3 failures\n"));
    CHECK(diagnosis.has("warning schedules: over has no fire time to come: `0 3 * * *`\n"));
    CHECK(diagnosis.has("failed schedules: late has been due for 5m"));
    CHECK(diagnosis.has("warning schedules: fresh was changed, and no scheduler has read it"));
}

TEST_CASE("tasks that stand still are told of", "[e2e][cli][doctor]") {
    Patient cli;
    cli.seem_alive();
    const auto late = cli.database.value(
        "insert into agentcron.tasks (agent, status, spec, run_at, created_at) values ('echo', "
        "'queued', '{}', now() - interval '1 hour', now() - interval '1 hour') returning id");
    cli.database.execute("insert into agentcron.ready (task_id, turn_at) values (" + late +
                         ", now())");
    const auto nowhere = cli.add_task("queued");
    const auto unled = cli.add_task("running");
    const auto login = cli.add_task("blocked", ", reason", ", 'auth'");
    cli.database.execute("insert into agentcron.held (task_id, key, turn_at, until) values (" +
                         login + ", 'time', now(), 'infinity')");
    const auto far = cli.add_task("queued", ", run_no", ", 1");
    cli.database.execute("insert into agentcron.held (task_id, key, turn_at) values (" + far +
                         ", 'agent:echo', now())");
    cli.database.execute("insert into agentcron.workspaces (task_id, host, repo, path, branch, "
                         "base, keep, state) values (" +
                         far + ", 'far', 'r', '/p', 'b', 'main', 'always', 'in_use')");
    const auto diagnosis = cli.doctor();
    CHECK(diagnosis.exit_code == 1);
    CHECK(diagnosis.has("failed queue: a task could have started 1h"));
    CHECK(diagnosis.has("failed places: task " + nowhere + " is queued and has no place in the"));
    CHECK(diagnosis.has("failed places: task " + unled + " is running and has no lease"));
    CHECK(diagnosis.has("warning blocked: 1 task of agent echo waits for a login (first " + login));
    CHECK(diagnosis.has("warning queue: 1 task can go on (first " + far + ") only on far"));
}

TEST_CASE("alarms and notifications that nobody deals with fail", "[e2e][cli][doctor]") {
    Patient cli;
    cli.seem_alive();
    cli.database.execute("insert into agentcron.alarms (at, kind, task_id) values (now() - "
                         "interval '1 hour', 'ended', 1)");
    cli.database.execute("insert into agentcron.outbox (event, channel, target, payload, due_at) "
                         "values ('failed', 'command', '{}', '{}', now() - interval '1 hour')");
    cli.database.execute("insert into agentcron.outbox (event, channel, target, payload, due_at, "
                         "gave_up_at, error) values ('failed', 'webhook', '{}', "
                         "'{\"schedule\":\"nightly\"}', null, now(), 'status 500')");
    const auto diagnosis = cli.doctor();
    CHECK(diagnosis.exit_code == 1);
    CHECK(diagnosis.has("failed alarms: 1 is late, the first by 1h"));
    CHECK(diagnosis.has("failed outbox: 1 notification should have been sent"));
    CHECK(diagnosis.has("warning outbox: 1 notification given up within a day: failed of nightly: "
                        "status 500\n"));
}

TEST_CASE("partitions that are missing are made", "[e2e][cli][doctor]") {
    Patient cli;
    cli.seem_alive();
    const auto day = cli.database.value("select to_char((now() at time zone 'UTC')::date + 1, "
                                        "'YYYYMMDD')");
    cli.database.execute("drop table agentcron.output_" + day);
    const auto diagnosis = cli.doctor();
    CHECK(diagnosis.exit_code == 1);
    CHECK(diagnosis.has("failed partitions: output has no partition for "));
    const auto mended = cli.doctor({"--fix"});
    CHECK(mended.exit_code == 0);
    CHECK(mended.has("fixed partitions: made those of "));
    CHECK(cli.database.value("select to_regclass('agentcron.output_" + day + "') is not null") ==
          "t");
    CHECK(cli.doctor().text.empty());
}

TEST_CASE("dead rows and who keeps them are told of", "[e2e][cli][doctor]") {
    Patient cli;
    cli.seem_alive();
    cli.database.execute("alter table agentcron.ready set (autovacuum_enabled = false)");
    {
        const support::TestDatabase::Blocker open(
            cli.database, "update agentcron.workers set draining = draining");
        cli.database.execute("insert into agentcron.ready (turn_at, task_id) select now(), i from "
                             "generate_series(1, 30000) i");
        cli.database.execute("delete from agentcron.ready");
        cli.database.execute("select pg_stat_force_next_flush()");
        REQUIRE(cli.database.wait_for_value(
                    "select n_dead_tup >= 30000 from pg_stat_user_tables where relname = 'ready'",
                    "t") == "t");
        REQUIRE(cli.database.wait_for_value(
                    "select count(*) > 0 from pg_stat_activity where datname = current_database() "
                    "and backend_xid is not null and pid <> pg_backend_pid() and xact_start < "
                    "now() - interval '1 s'",
                    "t") == "t");
        const auto diagnosis = cli.doctor({"--long-transaction", "1s"});
        CHECK(diagnosis.has("failed vacuum: ready is never vacuumed by itself\n"));
        CHECK(diagnosis.has("warning vacuum: ready has 30000 dead rows beside 0, never vacuumed"));
        CHECK(diagnosis.has(" of agentcron (agentcron, idle in transaction) has a transaction "
                            "that is open for "));
        CHECK_FALSE(cli.doctor().has("horizon"));
    }
    cli.database.execute("select pg_create_physical_replication_slot('left', true)");
    const auto diagnosis = cli.doctor();
    cli.database.execute("select pg_drop_replication_slot('left')");
    CHECK(diagnosis.has("warning horizon: nobody uses the replication slot left, and it keeps "));
}
