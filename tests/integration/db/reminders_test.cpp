// Questions that stay open: what is told of them again, to whom, and what ends it.
#include "support/catch.hpp"
#include "support/test_cluster.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::db {

using support::TestDatabase;

namespace {

const std::string reminded =
    R"('{"on":["waiting_for_input"],"command":["mail"],"reminders":[3600,86400],)"
    R"("escalate":{"after":14400,"webhook":"https://h/ops","secret_file":"/etc/s"}}')";

class Asked : public TestDatabase {
public:
    explicit Asked(const std::string& notify = reminded) {
        schedule = value(fmt::format("insert into agentcron.schedules (name, agent, cron, notify) "
                                     "values ('nightly', 'a', '@daily', {}) returning id",
                                     notify));
        task = new_task();
        question = ask(task);
    }
    std::string new_task() {
        return value(
            "insert into agentcron.tasks (schedule_id, schedule, agent, run_at, status, "
            "started_at, spec, watched) select id, name, agent, now(), "
            "'waiting_for_input', now(), '{}', true from agentcron.schedules returning id");
    }
    std::string ask(const std::string& of, const std::string& joins = "null") {
        return value(fmt::format(
            "insert into agentcron.questions (task_id, run_no, native_id, kind, headline, "
            "fingerprint, schedule_id, joins) values ({}, 1, 'q', 'ask', 'Which branch?', 'f', "
            "{}, {}) returning id",
            of, schedule, joins));
    }
    // The clock of everything stored so far runs ahead.
    void pass(const std::string& span) {
        execute(fmt::format("update agentcron.questions set asked_at = asked_at - interval '{0}', "
                            "reminded_at = reminded_at - interval '{0}', "
                            "escalated_at = escalated_at - interval '{0}'; "
                            "update agentcron.alarms set at = at - interval '{0}'",
                            span));
    }
    void ring() { execute("select agentcron.ring_alarms(clock_timestamp())"); }
    // What was told since the last look, the newest payload last.
    std::string told() {
        auto events = value("select coalesce(string_agg(event, ' ' order by event), '') "
                            "from agentcron.outbox where due_at is not null");
        execute("update agentcron.outbox set due_at = null");
        return events;
    }
    std::string after(const std::string& span) {
        pass(span);
        ring();
        return told();
    }
    std::string alarms() { return value("select count(*) from agentcron.alarms"); }
    std::string of_last(const std::string& event, const std::string& path) {
        return value(fmt::format("select {} from agentcron.outbox where event = '{}' "
                                 "order by created_at desc limit 1",
                                 path, event));
    }

    std::string schedule, task, question;
};

} // namespace

TEST_CASE("an open question is told again at its times, and escalated once",
          "[integration][notify][reminders]") {
    Asked database;
    CHECK(database.told() == "waiting_for_input");
    CHECK(database.after("59 minutes").empty());
    CHECK(database.after("1 minute") == "reminder");
    CHECK(database.after("0").empty());
    CHECK(database.after("3 hours") == "escalated");
    CHECK(database.after("19 hours").empty());
    CHECK(database.alarms() == "1");
    CHECK(database.after("1 hour") == "reminder");
    CHECK(database.alarms() == "0");
}

TEST_CASE("a reminder holds the question, its age and how to answer it",
          "[integration][notify][reminders]") {
    Asked database;
    database.after("4 hours");
    CHECK(database.of_last("reminder", "target") == R"({"command": ["mail"]})");
    CHECK(database.of_last("escalated", "target") ==
          R"({"url": "https://h/ops", "secret_file": "/etc/s"})");
    CHECK(database.of_last("escalated", "channel") == "webhook");
    for (const std::string event : {"reminder", "escalated"}) {
        CHECK(database.of_last(event, "payload ->> 'text'") ==
              fmt::format("nightly has waited 4h for an answer: Which branch? (task {})",
                          database.task));
        CHECK(database.of_last(event, "payload ->> 'event'") == event);
        CHECK(database.of_last(event, "payload -> 'question' ->> 'headline'") == "Which branch?");
        CHECK(database.of_last(event, "payload -> 'question' ->> 'age_s'") == "14400");
        CHECK(database.of_last(event, "payload ->> 'answer_with'") ==
              fmt::format("agentcron answer {} \"...\"", database.task));
    }
    CHECK(database.value("select count(distinct (select string_agg(k, ' ' order by k) from "
                         "jsonb_object_keys(payload) k)) from agentcron.outbox") == "1");
}

TEST_CASE("of the reminders that nobody was there for only the latest is told",
          "[integration][notify][reminders]") {
    Asked database;
    database.told();
    CHECK(database.after("3 days") == "escalated reminder");
    CHECK(database.after("0").empty());
    CHECK(database.alarms() == "0");
}

TEST_CASE("a question that is closed is told no more", "[integration][notify][reminders]") {
    Asked database;
    database.told();
    const std::string close = GENERATE(
        as<std::string>(), "select agentcron.answer(1, 'main')", "select agentcron.cancel(1)",
        "update agentcron.questions set outcome = 'expired', closed_at = now()");
    database.execute(close);
    CHECK(database.after("2 days").empty());
    CHECK(database.alarms() == "0");
}

TEST_CASE("a paused schedule's question is told when the schedule is resumed",
          "[integration][notify][reminders]") {
    Asked database;
    database.execute("select agentcron.pause('nightly')");
    database.told();
    CHECK(database.after("5 hours").empty());
    database.execute("select agentcron.resume('nightly')");
    CHECK(database.after("0") == "escalated reminder");
    // A pause in which nothing was due changes nothing.
    database.execute("select agentcron.pause('nightly'); select agentcron.resume('nightly')");
    CHECK(database.after("0").empty());
    CHECK(database.after("19 hours") == "reminder");
}

TEST_CASE("an edit of the reminders holds for a question that is open",
          "[integration][notify][reminders]") {
    Asked database(R"('{"on":["waiting_for_input"],"command":["mail"]}')");
    CHECK(database.told() == "waiting_for_input");
    CHECK(database.alarms() == "0");
    database.execute("update agentcron.schedules set notify = " + reminded);
    CHECK(database.after("1 hour") == "reminder");
    database.execute("update agentcron.schedules set notify = "
                     R"('{"on":["failed"],"command":["mail"],"reminders":[7200]}')");
    CHECK(database.after("1 hour") == "reminder");
    CHECK(database.after("3 days").empty());
}

TEST_CASE("who joined a question is told of in its place when that one is withdrawn",
          "[integration][notify][reminders]") {
    Asked database;
    const auto heir = database.ask(database.new_task(), database.question);
    database.told();
    CHECK(database.after("1 hour") == "reminder");
    database.execute("update agentcron.questions set outcome = 'withdrawn', closed_at = now() "
                     "where id = " +
                     database.question);
    CHECK(database.after("0") == "reminder");
    CHECK(database.of_last("reminder", "payload -> 'question' ->> 'id'") == heir);
    CHECK(database.after("3 hours") == "escalated");
}

TEST_CASE("whatever stands in notify, a question can be asked",
          "[integration][notify][reminders]") {
    Asked database(R"('{"on":["failed"],"command":["x"],"reminders":["1h",-1,1e300,null,{}],)"
                   R"("escalate":{"after":"4h"}}')");
    CHECK(database.alarms() == "0");
    database.execute("update agentcron.schedules set notify = "
                     R"('{"on":7,"reminders":"1h","escalate":[1]}')");
    database.ask(database.new_task());
    CHECK(database.after("30 days").empty());
}

} // namespace agentcron::db
