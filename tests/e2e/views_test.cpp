// The views that people read with psql: the states of schedules, the times without a scheduler, the
// sums.
#include "e2e/cli_fixture.hpp"

using agentcron::e2e::CommandLine;

namespace {

class Nightly : public CommandLine {
public:
    Nightly() { declare_schedule("nightly"); }
    std::string state() { return status("state"); }
    std::string status(const std::string& column) {
        return database.value("select " + column + " from agentcron.schedule_status");
    }
    void set(const std::string& assignments) {
        database.execute("update agentcron.schedules set " + assignments);
    }
};

const std::string ran = "started_at = fire_time, finished_at = fire_time + interval '1 minute', ";
const std::string succeeded = ran + "status = 'succeeded', reason = ''";
const std::string failed = ran + "status = 'failed', reason = 'timeout'";

} // namespace

TEST_CASE("the state of a schedule is right without any daemon", "[e2e][views]") {
    Nightly cli;
    CHECK(cli.state() == "unplanned");
    cli.plan("nightly", "now() + interval '1 hour'");
    CHECK(cli.state() == "ok");
    cli.plan("nightly", "now() - interval '50 seconds'");
    CHECK(cli.state() == "ok");
    cli.plan("nightly", "now() - interval '70 seconds'");
    CHECK(cli.state() == "down");
    cli.add_scheduler("now() - interval '1 day'", "now() - interval '100 seconds'");
    CHECK(cli.state() == "down");
    cli.add_scheduler("now() - interval '1 day'", "now()");
    CHECK(cli.state() == "late");
    cli.plan("nightly", "null");
    CHECK(cli.state() == "never");
    cli.set("ends_at = '2026-01-01Z'");
    cli.plan("nightly", "null");
    CHECK(cli.state() == "finished");
    cli.set("ends_at = null, max_runs = 3");
    cli.set("runs = 3");
    cli.plan("nightly", "null");
    CHECK(cli.state() == "finished");
    CHECK(cli.status("runs_made || '/' || max_runs") == "3/3");
    for (const char* reboot : {"cron = ' @reboot\t'", "cron = '', after = '{other}'"}) {
        cli.set("max_runs = null, " + std::string(reboot));
        cli.plan("nightly", "null");
        CHECK(cli.state() == "ok");
    }
    cli.set("paused_at = now()");
    CHECK(cli.state() == "paused");
    cli.set("enabled = false");
    CHECK(cli.state() == "disabled");
    cli.set("error = 'wrong'");
    CHECK(cli.state() == "error");
}

TEST_CASE("a schedule whose task nobody takes is late", "[e2e][views]") {
    Nightly cli;
    cli.plan("nightly", "now() + interval '1 hour'");
    cli.database.value("select agentcron.trigger_schedule('nightly')");
    CHECK(cli.state() == "ok");
    cli.database.execute("update agentcron.tasks set run_at = run_at - interval '2 minutes'");
    CHECK(cli.state() == "late");
    cli.add_worker();
    CHECK(cli.state() == "ok");
    CHECK(cli.status("last_task || last_status") == "1queued");
    cli.database.execute(
        "update agentcron.workers set heartbeat_at = now() - interval '2 minutes'");
    cli.database.execute("delete from agentcron.ready");
    CHECK(cli.state() == "ok");
    cli.database.execute("insert into agentcron.held (task_id, key, turn_at, until, schedule_id) "
                         "values (1, 'time', now(), now() - interval '2 minutes', 1)");
    CHECK(cli.state() == "late");
}

TEST_CASE("schedule_status counts streaks and finds the last success", "[e2e][views]") {
    Nightly cli;
    cli.add_due("nightly", "2026-03-01 03:00Z", succeeded);
    cli.add_due("nightly", "2026-03-02 03:00Z", succeeded);
    CHECK(cli.status("streak || ' ' || failures_in_row") == "2 0");
    cli.add_due("nightly", "2026-03-03 03:00Z", failed);
    cli.add_due("nightly", "2026-03-04 03:00Z");
    cli.add_due("nightly", "2026-03-05 03:00Z", failed);
    CHECK(cli.status("streak || ' ' || failures_in_row") == "-2 2");
    CHECK(cli.status("last_success_at = '2026-03-02 03:01Z'") == "t");
    CHECK(cli.status("runs || ' ' || succeeded || ' ' || failed || ' ' || success_rate") ==
          "4 2 2 0.500");
    CHECK(cli.status("last_task") == "5");
    CHECK(cli.json({"list", "--schedules"}).at(0).at("failures_in_row") == 2);
}

TEST_CASE("downtime is what no scheduler covers", "[e2e][views]") {
    CommandLine cli;
    const auto gaps = [&] {
        return cli.database.value(
            "select string_agg(to_char(from_at at time zone 'UTC', 'MM-DD') || '/' || "
            "coalesce(to_char(to_at at time zone 'UTC', 'MM-DD'), 'now'), ' ' order by from_at) "
            "from agentcron.downtime");
    };
    CHECK(gaps().empty());
    cli.add_scheduler("'2026-03-01Z'", "'2026-03-10Z'");
    cli.add_scheduler("'2026-03-02Z'", "'2026-03-03Z'"); // within the first
    cli.add_scheduler("'2026-03-09Z'", "'2026-03-12Z'");
    cli.add_scheduler("'2026-03-20Z'", "'2026-03-21Z'");
    CHECK(gaps() == "03-12/03-20 03-21/now");
    cli.add_scheduler("'2026-03-25Z'", "now()");
    CHECK(gaps() == "03-12/03-20 03-21/03-25");
    CHECK(cli.database.value("select string_agg(state, ' ' order by started_at) from "
                             "agentcron.scheduler_status") == "lost lost lost lost alive");
}

TEST_CASE("daily_summary counts skipped and missed due times", "[e2e][views]") {
    Nightly cli;
    cli.add_due("nightly", "2026-03-01 03:00Z", succeeded + ", cost_usd = 0.5");
    cli.add_due("nightly", "2026-03-01 04:00Z", "finished_at = fire_time");
    cli.add_due("nightly", "2026-03-01 05:00Z",
                "finished_at = fire_time, reason = 'missed', fires_covered = 7");
    CHECK(
        cli.database.rows("select day, runs, succeeded, failed, cost_usd, skipped, missed from "
                          "agentcron.daily_summary") ==
        std::vector<std::vector<std::string>>{{"2026-03-01", "1", "1", "0", "0.500000", "1", "7"}});
}

TEST_CASE("upcoming shows what the scheduler has looked ahead for", "[e2e][views]") {
    Nightly cli;
    const auto count = [&] {
        return cli.database.value("select count(*) from agentcron.upcoming where due_in > '0'");
    };
    cli.database.execute("insert into agentcron.forecasts select id, array['2026-01-01Z', "
                         "'2099-01-01Z', '2099-01-02Z', '2099-01-03Z']::timestamptz[] from "
                         "agentcron.schedules");
    CHECK(count() == "0");
    cli.plan("nightly", "'2099-01-01Z'");
    CHECK(count() == "3");
    cli.set("max_runs = 9");
    cli.set("runs = 7");
    cli.plan("nightly", "'2099-01-01Z'");
    CHECK(count() == "2");
    cli.set("paused_at = now()");
    CHECK(count() == "0");
}

TEST_CASE("one question that several tasks wait for is one row of the inbox", "[e2e][views]") {
    CommandLine cli;
    const auto first = cli.add_task("waiting_for_input"),
               second = cli.add_task("waiting_for_input");
    const auto question = cli.add_question(first);
    cli.database.execute("update agentcron.questions set joins = " + question +
                         " where id = " + cli.add_question(second));
    const auto inbox = cli.json({"inbox"}).as_array();
    REQUIRE(inbox.size() == 1);
    CHECK(inbox[0].at("also_waiting") == 1);
    CHECK_THAT(cli.out({"inbox"}), Catch::Contains("also for 1 other task that asked the same"));
}
