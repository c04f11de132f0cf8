// What the triggers write into the outbox, and what they leave alone.
#include "support/catch.hpp"
#include "support/test_cluster.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::db {

using support::TestDatabase;

namespace {

const std::string everything =
    R"('{"on":["failed","recovered","missed","waiting_for_input","paused"],"command":["x"]}')";

class Watched : public TestDatabase {
public:
    std::string schedule(const std::string& notify, const std::string& heartbeat_url = "null") {
        return value(fmt::format("insert into agentcron.schedules (name, agent, cron, notify, "
                                 "heartbeat_url) values ('nightly', 'a', '@daily', {}, {}) "
                                 "returning id",
                                 notify, heartbeat_url));
    }
    // Of that schedule, with further columns.
    std::string task(const std::string& columns = "", const std::string& values = "") {
        return value(fmt::format(
            "insert into agentcron.tasks (schedule_id, schedule, agent, run_at, status, spec, "
            "watched{}) select id, name, agent, now(), 'queued', '{{}}', agentcron.is_watched(s){} "
            "from agentcron.schedules s where name = 'nightly' returning id",
            columns, values));
    }
    void become(const std::string& task, const std::string& status,
                const std::string& reason = "") {
        execute(fmt::format(
            "update agentcron.tasks set status = '{0}', reason = '{1}', "
            "started_at = coalesce(started_at, now()), finished_at = case when '{0}' in "
            "('succeeded', 'failed', 'cancelled', 'skipped') then now() end where id = {2}",
            status, reason, task));
    }
    std::string ask(const std::string& task, const std::string& joins = "null") {
        return value(fmt::format(
            "insert into agentcron.questions (task_id, run_no, native_id, kind, headline, body, "
            "options, fingerprint, joins) values ({}, 1, gen_random_uuid(), 'choice', "
            "E'Delete\\n3 files?', 'a b c', '[\"yes\",\"no\"]', 'f', {}) returning id",
            task, joins));
    }
    std::string events() {
        return value("select coalesce(string_agg(event, ' ' order by created_at, event), '') "
                     "from agentcron.outbox");
    }
    std::string payload(const std::string& member) {
        return value("select payload ->> '" + member +
                     "' from agentcron.outbox order by created_at desc limit 1");
    }
};

} // namespace

TEST_CASE("a task that nobody watches leaves no trace in the outbox", "[integration][notify]") {
    Watched database;
    database.schedule("null");
    const auto task = database.task();
    database.become(task, "running");
    database.become(task, "failed", "lost");
    CHECK(database.events().empty());
    CHECK(database.value("select count(*) from agentcron.failing") == "0");
}

TEST_CASE("a failure is told, and the first success after it", "[integration][notify]") {
    Watched database;
    database.schedule(everything);
    for (const std::string status : {"succeeded", "failed", "failed", "succeeded", "succeeded"}) {
        const auto task = database.task();
        database.become(task, "running");
        database.become(task, status, status == "failed" ? "timeout" : "");
    }
    CHECK(database.events() == "failed failed recovered");
    CHECK(database.payload("text") == "nightly recovered (task 4)");
    CHECK(database.payload("status") == "succeeded");
}

TEST_CASE("only the events that the schedule asks for as of now are told",
          "[integration][notify]") {
    Watched database;
    database.schedule(R"('{"on":["recovered"],"command":["x"]}')");
    const auto task = database.task();
    database.become(task, "failed", "lost");
    CHECK(database.events().empty());
    database.execute("update agentcron.schedules set notify = " + everything);
    database.become(database.task(), "failed", "lost");
    CHECK(database.events() == "failed");
    for (const char* odd : {"'{}'", R"('{"on":"failed"}')", R"('{"on":["failed"]}')",
                            R"('{"on":["failed"],"command":null}')", "null"}) {
        database.execute(fmt::format("update agentcron.schedules set notify = {}", odd));
        database.become(database.task(), "failed", "lost");
        CHECK(database.events() == "failed");
    }
}

TEST_CASE("a failed task's payload says what happened and how to look at it",
          "[integration][notify]") {
    Watched database;
    database.schedule(R"('{"on":["failed"],"webhook":"https://h/token","secret_file":"/etc/s"}')");
    const auto task =
        database.task(", fire_time, message, attempt, summary",
                      ", '2026-12-01 02:00+01', E'exit code 1:\n  no  disk', 3, 'half done'");
    database.become(task, "failed", "exit_code");
    CHECK(database.payload("event") == "failed");
    CHECK(database.payload("id") == database.value("select id from agentcron.outbox"));
    CHECK(database.payload("schedule") == "nightly");
    CHECK(database.payload("task_id") == task);
    CHECK(database.payload("fire_time") == "2026-12-01T01:00:00Z");
    CHECK(database.payload("reason") == "exit_code");
    CHECK(database.payload("attempt") == "3");
    CHECK(database.payload("summary") == "half done");
    CHECK(database.payload("text") ==
          fmt::format("nightly failed: exit code 1: no disk (task {})", task));
    CHECK(database.payload("show_with") == "agentcron show " + task);
    CHECK(database.payload("why_with") == "agentcron why nightly 2026-12-01T01:00:00Z");
    CHECK(database.value("select target from agentcron.outbox") ==
          R"({"url": "https://h/token", "secret_file": "/etc/s"})");
    CHECK(database.value("select n::text from agentcron.notifications n").find("token") ==
          std::string::npos);
}

TEST_CASE("every payload has the same members", "[integration][notify]") {
    Watched database;
    database.schedule(everything);
    const auto task = database.task();
    database.become(task, "running");
    database.ask(task);
    database.become(task, "failed", "lost");
    database.become(database.task(), "succeeded");
    database.execute("select agentcron.pause('nightly')");
    const auto missed = database.task();
    database.become(missed, "skipped", "missed");
    CHECK(database.value("select count(distinct event) from agentcron.outbox") == "5");
    CHECK(database.value("select count(distinct (select string_agg(k, ' ' order by k) from "
                         "jsonb_object_keys(payload) k)) from agentcron.outbox") == "1");
}

TEST_CASE("missed due times are told whether their row is made so or becomes so",
          "[integration][notify]") {
    Watched database;
    database.schedule(everything);
    database.execute(
        "insert into agentcron.tasks (schedule_id, schedule, agent, fire_time, fires_covered, "
        "run_at, status, reason, finished_at, spec, watched) select id, name, agent, "
        "'2026-12-01T02:00Z', 4, now(), 'skipped', 'missed', now(), '{}', true "
        "from agentcron.schedules");
    CHECK(database.events() == "missed");
    CHECK(database.payload("text") ==
          "nightly missed 4 due times up to 2026-12-01T02:00:00Z (task 1)");
    database.become(database.task(), "skipped", "missed");
    CHECK(database.events() == "missed missed");
    database.become(database.task(), "skipped", "overlap");
    CHECK(database.events() == "missed missed");
}

TEST_CASE("a question is told with the command that answers it", "[integration][notify]") {
    Watched database;
    database.schedule(everything);
    const auto task = database.task();
    database.become(task, "running");
    const auto question = database.ask(task);
    CHECK(database.events() == "waiting_for_input");
    CHECK(database.payload("text") == fmt::format("nightly asks: Delete 3 files? (task {})", task));
    CHECK(database.payload("status") == "waiting_for_input");
    CHECK(database.payload("answer_with") == fmt::format("agentcron answer {} \"...\"", task));
    CHECK(database.value("select payload -> 'question' ->> 'id' from agentcron.outbox") ==
          question);
    CHECK(database.value("select payload -> 'question' -> 'options' from agentcron.outbox") ==
          R"(["yes", "no"])");
    database.ask(database.task(), question);
    CHECK(database.events() == "waiting_for_input");
}

TEST_CASE("a chain's step asks in the name of the chain's schedule and tells no end of its own",
          "[integration][notify]") {
    Watched database;
    database.schedule(everything, "'https://h/beat'");
    const auto chain = database.task(", fire_time", ", '2026-12-01 02:00Z'");
    database.become(chain, "running");
    const auto step = database.value(fmt::format(
        "insert into agentcron.tasks (agent, run_at, status, spec, watched, trigger, chain_id, "
        "step_no, step) values ('a', now(), 'queued', '{{}}', true, 'step', {}, 1, 'parse') "
        "returning id",
        chain));
    database.become(step, "running");
    database.ask(step);
    CHECK(database.payload("task_id") == step);
    CHECK(database.payload("schedule") == "nightly");
    CHECK(database.payload("step") == "parse");
    CHECK(database.payload("fire_time") == "2026-12-01T02:00:00Z");
    CHECK(database.payload("answer_with") == fmt::format("agentcron answer {} \"...\"", step));
    database.become(step, "failed", "lost");
    database.become(chain, "failed", "lost");
    CHECK(database.events() == "start waiting_for_input fail failed");
}

TEST_CASE("a heartbeat's calls are start, success and fail, a retry starts no second time",
          "[integration][notify]") {
    Watched database;
    database.schedule("null", "'https://h/beat/'");
    const auto task = database.task();
    database.become(task, "running");
    database.become(task, "queued", "retry");
    database.become(task, "running");
    database.become(task, "failed", "lost");
    database.execute("update agentcron.schedules set heartbeat_url = 'https://h/b?a=b&c=/d'");
    const auto second = database.task();
    database.become(second, "running");
    database.become(second, "succeeded");
    database.become(database.task(), "cancelled", "user");
    CHECK(database.value("select string_agg(target ->> 'url', ' ' order by created_at) "
                         "from agentcron.outbox") ==
          "https://h/beat/start https://h/beat/fail https://h/b/start?a=b&c=/d "
          "https://h/b?a=b&c=/d");
    CHECK(database.value("select distinct channel from agentcron.outbox") == "ping");
}

TEST_CASE("a pause is told once, with who paused it and why", "[integration][notify]") {
    Watched database;
    database.schedule(everything);
    database.execute("select agentcron.pause('nightly', 'holidays', 'ada')");
    database.execute("select agentcron.pause('nightly', 'longer', 'ada')");
    CHECK(database.events() == "paused");
    CHECK(database.payload("text") == "nightly was paused by ada: holidays");
    CHECK(database.payload("paused_by") == "ada");
    CHECK(database.payload("message") == "holidays");
    CHECK(database.payload("why_with") == "agentcron why nightly");
    database.execute("select agentcron.resume('nightly')");
    database.execute("select agentcron.pause('nightly')");
    CHECK(database.events() == "paused paused");
}

TEST_CASE("a change that is rolled back tells nothing", "[integration][notify]") {
    Watched database;
    database.schedule(everything);
    const auto task = database.task();
    CHECK_FALSE(database
                    .refusal("update agentcron.tasks set status = 'failed', reason = 'lost', "
                             "finished_at = now(), attempt = 1 / 0 where id = " +
                             task)
                    .empty());
    CHECK(database.events().empty());
}

TEST_CASE("a schedule is watched if anything follows from its tasks", "[integration][notify]") {
    Watched database;
    database.schedule("null");
    const auto watched = [&](const std::string& change) {
        if (!change.empty()) database.execute(change);
        return database.value("select agentcron.is_watched(s) from agentcron.schedules s "
                              "where name = 'nightly'");
    };
    const std::string set = "update agentcron.schedules set ";
    CHECK(watched("") == "f");
    CHECK(watched(set + "notify = '{}'") == "t");
    CHECK(watched(set + "notify = null, heartbeat_url = 'https://h'") == "t");
    CHECK(watched(set + "heartbeat_url = null, pause_after_failures = 3") == "t");
    CHECK(watched(set + "pause_after_failures = null") == "f");
    CHECK(watched("insert into agentcron.schedules (name, agent, cron, after) values "
                  "('later', 'a', '', '{other,nightly}')") == "t");
    CHECK(watched(set + "after = '{other}' where name = 'later'") == "f");
}

TEST_CASE("a notification goes by every channel that the schedule names", "[integration][notify]") {
    Watched database;
    database.schedule(R"('{"on":["failed"],"command":["mail","me"],"webhook":"https://h"}')");
    database.become(database.task(), "failed", "lost");
    CHECK(database.value("select string_agg(channel || target, ' ' order by channel) "
                         "from agentcron.outbox") ==
          R"(command{"command": ["mail", "me"]} webhook{"url": "https://h"})");
    CHECK(database.value("select count(distinct payload ->> 'id') from agentcron.outbox") == "2");
}

} // namespace agentcron::db
