// "Why?": what became of each due time, of any instant, and what comes next.
#include "e2e/cli_fixture.hpp"

using agentcron::e2e::CommandLine;
using Catch::Contains;

namespace {

constexpr const char* succeeded =
    "status = 'succeeded', reason = '', attempt = 1, run_no = 1, finished_at = fire_time + "
    "interval '10 minutes', started_at = fire_time";

class Nightly : public CommandLine {
public:
    Nightly() {
        declare_schedule("nightly");
        database.execute("update agentcron.schedules set created_at = '2026-01-01Z'");
    }
    std::string fate(const std::string& set, const std::string& fire_time) {
        return fate_of(add_due("nightly", fire_time, set));
    }
    std::string fate(const std::string& set) {
        return fate(set, "2026-03-" + std::to_string(++day_) + " 03:00Z");
    }
    std::string fate_of(const std::string& task) {
        return database.value("select explanation from agentcron.why where task_id = " + task);
    }
    // The one row that answers for an instant.
    boost::json::object at(const std::string& time) {
        const auto rows = json({"why", "nightly", time}).as_array();
        REQUIRE(rows.size() == 1);
        return rows[0].as_object();
    }
    std::string next() {
        const auto rows = json({"why", "nightly"}).as_array();
        return std::string(rows.back().at("explanation").as_string());
    }

private:
    int day_ = 9;
};

std::string text(const boost::json::value& value) {
    return std::string(value.as_string());
}

} // namespace

TEST_CASE("why lists the due times and ends with what comes next", "[e2e][cli][why]") {
    Nightly cli;
    cli.add_due("nightly", "2026-03-01 03:00Z");
    cli.add_due("nightly", "2026-03-02 03:00Z",
                "message = 'task 1 was not finished', because_of = 1");
    CHECK_THAT(cli.out({"why", "nightly"}),
               Contains("skipped by overlap: an earlier task was still running") &&
                   Contains("no scheduler has read"));
    const auto rows = cli.json({"why", "nightly"}).as_array();
    REQUIRE(rows.size() == 3);
    CHECK(rows[1].at("explanation") == "skipped by overlap: task 1 was not finished");
    CHECK(rows[1].at("because_of") == 1);
    CHECK(rows[2].at("kind") == "next");
    CHECK(cli.json({"why", "nightly", "-n", "2"}).at(0).at("task_id") == 2);
    const auto unknown = cli.run({"why", "nigthly"});
    CHECK(unknown.exit_code == 4);
    CHECK_THAT(unknown.err, Contains("did you mean 'nightly'"));
    CHECK(cli.run({"why", "nightly", "yesterday"}).exit_code == 2);
}

TEST_CASE("why tells what ran, how late, and what kept it", "[e2e][cli][why]") {
    Nightly cli;
    const std::string ran = succeeded;
    CHECK(cli.fate(ran, "2026-03-01 03:00Z") ==
          "ran from 2026-03-01T03:00:00Z to 2026-03-01T03:10:00Z, attempt 1");
    CHECK_THAT(cli.fate(ran + "; started_at = fire_time + interval '95 seconds', waited_for = "
                              "'task 12'"),
               Contains("attempt 1; started 1m35s late: it waited for task 12"));
    CHECK_THAT(cli.fate(ran + "; started_at = fire_time + interval '2 hours', waited_for = "
                              "'a slot of agent claude'"),
               Contains("; started 2h late: it waited for a slot of agent claude"));
    CHECK_THAT(cli.fate(ran + "; started_at = fire_time + interval '200 seconds', run_at = "
                              "fire_time + interval '200 seconds'"),
               Contains("; started 3m20s late: jitter of 3m20s"));
    CHECK_THAT(cli.fate(ran + "; started_at = fire_time + interval '5 seconds'"),
               Contains("; started 5s late: it waited for a free worker"));
    CHECK_THAT(cli.fate(ran + "; trigger = 'catch_up', started_at = fire_time + interval '1 day', "
                              "fires_covered = 3, covers_from = '2026-03-01Z', waited_for = 'no "
                              "scheduler ran from A to B'"),
               Contains("; started 1d late: no scheduler ran from A to B; stands for 3 fire times "
                        "from 2026-03-01T00:00:00Z on"));
    CHECK_THAT(cli.fate(ran + "; trigger = 'backfill', started_at = fire_time + interval '1 day'"),
               Contains("late: a backfill made it"));
    CHECK_THAT(cli.fate(ran + "; trigger = 'manual', started_at = fire_time + interval '1 day'"),
               Contains("late: it was run again by hand"));
    CHECK_THAT(cli.fate(ran + "; status = 'failed', reason = 'exit_code', attempt = 3, message = "
                              "'exit code 2'",
                        "2026-03-05 03:00Z"),
               Contains("failed at 2026-03-05T03:10:00Z after 3 attempt(s): exit code 2"));
}

TEST_CASE("a catch-up that also waited names the downtime and the wait", "[e2e][cli][why]") {
    Nightly cli;
    cli.add_scheduler("'2026-03-01Z'", "'2026-03-02 00:00Z'");
    cli.add_scheduler("'2026-03-04Z'", "'2026-03-09Z'");
    CHECK_THAT(cli.fate(std::string(succeeded) + "; trigger = 'catch_up', started_at = fire_time + "
                                                 "interval '1 day', waited_for = 'task 7'",
                        "2026-03-03 03:00Z"),
               Contains("late: no scheduler ran from 2026-03-02T00:00:00Z to 2026-03-04T00:00:00Z, "
                        "it waited for task 7"));
    // Up again within a minute: no catch-up, but late all the same.
    CHECK_THAT(cli.fate(std::string(succeeded) + "; started_at = fire_time + interval '14 seconds',"
                                                 " created_at = fire_time + interval '14 seconds'",
                        "2026-03-03 23:59:46Z"),
               Contains("; started 14s late: no scheduler ran from 2026-03-02T00:00:00Z to "
                        "2026-03-04T00:00:00Z"));
}

TEST_CASE("why tells what was skipped, by which rule and because of which task",
          "[e2e][cli][why]") {
    Nightly cli;
    CHECK(cli.fate("because_of = 7") ==
          "skipped by overlap: an earlier task was still running (because of task 7)");
    CHECK(cli.fate("because_of = 7, message = 'task 77 was not finished'") ==
          "skipped by overlap: task 77 was not finished (because of task 7)");
    CHECK(cli.fate("reason = 'open_question', because_of = 7, message = 'task 7 waits for a "
                   "person'") == "skipped by while_waiting: task 7 waits for a person");
    CHECK(cli.fate("reason = 'missed', message = 'no scheduler ran from A to B', fires_covered = "
                   "5, covers_from = '2026-03-01Z'") ==
          "missed: no scheduler ran from A to B; stands for 5 fire times from "
          "2026-03-01T00:00:00Z on");
    CHECK(cli.fate("reason = 'expired', message = 'could not start within its queue_timeout'") ==
          "expired: could not start within its queue_timeout");
    const std::string cancelled = "status = 'cancelled', finished_at = '2026-04-01Z', ";
    CHECK(cli.fate(cancelled + "reason = 'user', message = 'wrong branch'") ==
          "cancelled at 2026-04-01T00:00:00Z: wrong branch");
    CHECK(cli.fate(cancelled + "reason = 'user'") == "cancelled at 2026-04-01T00:00:00Z: by hand");
    CHECK(cli.fate(cancelled + "reason = 'replaced', because_of = 9, message = 'replaced by task "
                               "9'") == "cancelled at 2026-04-01T00:00:00Z: replaced by task 9");
    CHECK(cli.fate(cancelled + "reason = 'upstream', because_of = 9, message = 'task 9 of \"a\" "
                               "failed'") ==
          "cancelled at 2026-04-01T00:00:00Z: task 9 of \"a\" failed");
}

TEST_CASE("why tells what a queued task waits for", "[e2e][cli][why]") {
    Nightly cli;
    const std::string queued = "status = 'queued', reason = '', finished_at = null";
    const auto held = [&](const std::string& set, const std::string& key,
                          const std::string& until = "null") {
        static int day = 0;
        const auto id =
            cli.add_due("nightly", "2026-04-" + std::to_string(++day) + " 03:00Z", queued + set);
        cli.database.execute("insert into agentcron.held (task_id, key, turn_at, until) values (" +
                             id + ", '" + key + "', now(), " + until + ")");
        return cli.fate_of(id);
    };
    CHECK(held(", waited_for = 'task 12'", "schedule:1") ==
          "waits its turn: task 12 is not finished");
    CHECK(held(", waited_for = 'a slot of group repo-x'", "group:repo-x") ==
          "waits for a slot of group repo-x");
    CHECK(held("", "agent:claude") == "waits for a slot of agent claude");
    CHECK(held("", "time", "'2026-04-04 03:05Z'") ==
          "starts at 2026-04-04T03:05:00Z: jitter of 5m");
    CHECK(held("; reason = 'retry', attempt = 2, run_no = 2", "time", "'2026-04-06Z'") ==
          "attempt 2 failed; the next one starts at 2026-04-06T00:00:00Z");
    CHECK(held(", trigger = 'manual'", "time", "'2026-04-07Z'") ==
          "starts at 2026-04-07T00:00:00Z");

    const auto ready = cli.add_due("nightly", "2026-05-01 03:00Z", queued);
    CHECK(cli.fate_of(ready) == "waits for a worker, and none is running");
    cli.add_worker();
    CHECK(cli.fate_of(ready) == "waits for a free slot");
    cli.database.execute("update agentcron.tasks set run_no = 1 where id = " + ready);
    cli.database.execute("insert into agentcron.attempts (task_id, run_no, attempt, token, "
                         "worker_id, finished_at, outcome, message) select " +
                         ready +
                         ", 1, 1, gen_random_uuid(), id, now(), 'returned', 'no room' from "
                         "agentcron.workers");
    CHECK(cli.fate_of(ready) == "waits for a free slot; given back by here: no room");
    CHECK(cli.fate("status = 'blocked', reason = 'usage_limit', finished_at = null, message = "
                   "'until 18:00'") == "blocked (usage_limit): until 18:00");
}

TEST_CASE("why tells where a living task is", "[e2e][cli][why]") {
    Nightly cli;
    const std::string running = "status = 'running', reason = '', finished_at = null, attempt = 2, "
                                "started_at = fire_time";
    CHECK(cli.fate(running, "2026-03-01 03:00Z") == "runs since 2026-03-01T03:00:00Z, attempt 2");
    const auto waiting =
        cli.add_due("nightly", "2026-03-02 03:00Z", running + "; status = 'waiting_for_input'");
    CHECK(cli.fate_of(waiting) == "was answered and goes on");
    cli.add_question(waiting);
    CHECK_THAT(cli.fate_of(waiting),
               Contains("waits for a person since 2") && Contains("Z: Which branch?"));
    const auto chain = cli.add_due("nightly", "2026-03-03 03:00Z",
                                   running + ", spec = '{\"steps\": [{}, {}, {}]}'");
    cli.database.execute(
        "insert into agentcron.tasks (schedule, agent, run_at, trigger, status, reason, spec, "
        "chain_id, step_no, step, started_at, finished_at) select 'nightly', 'echo', now(), "
        "'step', x.*, '2026-03-03 03:00Z', case x.status when 'succeeded' then now() end from "
        "(values ('succeeded', '', '{}'::jsonb, " +
        chain +
        "::bigint, 1, 'parse'), ('running', "
        "'', '{}', " +
        chain + ", 2, 'extract'), ('blocked', 'upstream', '{}', " + chain +
        ", 3, 'store')) x (status, reason, spec, chain_id, step_no, step)");
    CHECK(cli.fate_of(chain) == "runs since 2026-03-03T03:00:00Z, at step 2 of 3, \"extract\" "
                                "(task 5), which runs since 2026-03-03T03:00:00Z, attempt 0");
}

TEST_CASE("pauses that are over are rows of why", "[e2e][cli][why]") {
    Nightly cli;
    cli.add_due("nightly", "2026-03-01 03:00Z");
    cli.database.execute(
        "insert into agentcron.pauses (schedule_id, paused_at, paused_by, reason, resumed_at) "
        "select id, '2026-03-02Z', 'ann', 'release week', '2026-03-09Z' from agentcron.schedules");
    const auto rows = cli.json({"why", "nightly"}).as_array();
    REQUIRE(rows.size() == 3);
    CHECK(rows[1].at("kind") == "pause");
    CHECK(rows[1].at("explanation") ==
          "paused from 2026-03-02T00:00:00Z to 2026-03-09T00:00:00Z by ann: release week; due "
          "times in between are not run");
    const auto paused = cli.at("2026-03-05T03:00:00Z");
    CHECK(paused.at("kind") == "paused");
    CHECK_THAT(text(paused.at("explanation")), Contains("by ann: release week"));
}

TEST_CASE("why answers for any instant", "[e2e][cli][why]") {
    Nightly cli;
    cli.add_due("nightly", "2026-03-01 03:00Z");
    cli.add_due("nightly", "2026-03-05 03:00Z",
                "reason = 'missed', message = 'no scheduler ran "
                "from A to B', fires_covered = 3, covers_from = '2026-03-03 03:00Z'");
    cli.database.execute("update agentcron.schedules set exclude = '{2026-04-01/2026-04-03}', "
                         "starts_at = '2026-01-10Z', ends_at = '2100-01-01Z'");
    CHECK(cli.at("2026-03-01T03:00:00Z").at("task_id") == 1);

    const auto covered = cli.at("2026-03-04T03:00:00Z");
    CHECK(covered.at("kind") == "covered");
    CHECK(covered.at("task_id") == 2);
    CHECK(covered.at("fire_time") == "2026-03-04T03:00:00Z");
    CHECK_THAT(text(covered.at("explanation")),
               Contains("task 2, due 2026-03-05T03:00:00Z, stood for it: missed: no scheduler"));

    CHECK(cli.at("2026-03-02T03:00:00Z").at("kind") == "no_record");
    CHECK(cli.at("2026-04-02T03:00:00Z").at("kind") == "excluded");
    CHECK(cli.at("2026-01-05T03:00:00Z").at("kind") == "before_start");
    CHECK(cli.at("2100-01-05T03:00:00Z").at("kind") == "after_end");
    CHECK(cli.at("2099-01-05T03:00:00Z").at("kind") == "not_yet_due");
    cli.database.execute("update agentcron.schedules set starts_at = null");
    CHECK(cli.at("2025-12-05T03:00:00Z").at("kind") == "before_creation");

    const auto between = cli.json({"why", "nightly", "2026-03-04T12:00:00Z"}).as_array();
    REQUIRE(between.size() == 3);
    CHECK(between[0].at("task_id") == 1);
    CHECK(between[1].at("kind") == "not_due");
    CHECK_THAT(text(between[1].at("explanation")), Contains("`0 3 * * *` (UTC) does not match"));
    CHECK(between[2].at("task_id") == 2);

    cli.out({"pause", "nightly", "--reason", "release week", "--by", "ann"});
    cli.database.execute("update agentcron.schedules set paused_at = '2026-06-01Z'");
    CHECK_THAT(text(cli.at("2026-06-02T03:00:00Z").at("explanation")),
               Contains("paused since 2026-06-01T00:00:00Z by ann: release week"));
    cli.database.execute("update agentcron.schedules set cron = 'nonsense'");
    CHECK_THAT(text(cli.at("2026-06-03T03:00:00Z").at("explanation")), Contains("cannot fire"));
    CHECK(cli.run({"why", "weekly", "2026-06-03"}).exit_code == 4);
}

TEST_CASE("why ends with what comes next, whatever that is", "[e2e][cli][why]") {
    Nightly cli;
    CHECK(cli.next() == "no scheduler has read this declaration yet; is one running?");
    cli.plan("nightly", "'2099-01-01 03:00Z'");
    CHECK(cli.next() == "not yet due");
    cli.database.execute("update agentcron.schedules set starts_at = '2098-01-01Z'");
    cli.plan("nightly", "'2099-01-01 03:00Z'");
    CHECK(cli.next() == "not yet due: it starts at 2098-01-01T00:00:00Z");
    cli.plan("nightly", "'2026-03-01 03:00Z'");
    CHECK(cli.next() == "due, and no scheduler has dealt with it yet");
    cli.add_scheduler("'2026-02-01Z'", "'2026-02-02Z'");
    CHECK(cli.next() == "due, and no scheduler has dealt with it yet; none has run since "
                        "2026-02-02T00:00:00Z");
    cli.plan("nightly", "null");
    CHECK(cli.next() == "has no fire time to come");
    cli.database.execute("update agentcron.schedules set ends_at = '2026-02-01Z'");
    cli.plan("nightly", "null");
    CHECK(cli.next() == "finished: it ends at 2026-02-01T00:00:00Z");
    cli.database.execute("update agentcron.schedules set max_runs = 2");
    cli.database.execute("update agentcron.schedules set runs = 2");
    cli.plan("nightly", "null");
    CHECK(cli.next() == "finished: it ran 2 times, as often as max_runs allows");
    cli.database.execute("update agentcron.schedules set max_runs = null, ends_at = null, "
                         "cron = '@reboot'");
    cli.plan("nightly", "null");
    CHECK(cli.next() == "runs when agentcron starts, once per start of the machine");
    cli.database.execute("update agentcron.schedules set cron = '', after = '{a,b}'");
    cli.database.execute("insert into agentcron.arrivals select id, 'a', 12 from "
                         "agentcron.schedules");
    cli.plan("nightly", "null");
    CHECK(cli.next() == "runs when these have succeeded: a (done, task 12), b");
    cli.database.execute("update agentcron.schedules set error = 'agent: there is none'");
    CHECK(cli.next() == "cannot fire: agent: there is none");
    cli.database.execute("update agentcron.schedules set enabled = false");
    CHECK(cli.next() == "disabled");
}
