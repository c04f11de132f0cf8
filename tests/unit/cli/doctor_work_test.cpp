#include "cli/doctor_work.hpp"

#include "support/catch.hpp"
#include "unit/cli/rows_of.hpp"

namespace agentcron::cli {

using Catch::Contains;

namespace {

const Row worker{{"waiting", "3"}, {"schedules", "1"}, {"host", "box"},
                 {"pid", "7"},     {"version", "1"},   {"slots", "4"},
                 {"running", "2"}, {"state", "alive"}, {"heartbeat_s", "20"}};
const Row nobody{
    {"waiting", "3"},          {"schedules", "1"},        {"host", std::nullopt},
    {"pid", std::nullopt},     {"version", std::nullopt}, {"slots", std::nullopt},
    {"running", std::nullopt}, {"state", std::nullopt},   {"heartbeat_s", std::nullopt}};
const Row queue{{"ready", "5"},         {"held", "1"},       {"late_s", "10"},
                {"late_held_s", "-60"}, {"free_slots", "2"}, {"workers", "1"}};
const Row schedule{{"schedules", "2"}, {"paused", "0"},   {"name", "nightly"},
                   {"problem", ""},    {"detail", "why"}, {"late_s", "90"}};
const Row outbox{{"given_up", "0"},
                 {"retrying", "0"},
                 {"overdue", "0"},
                 {"oldest_s", "3600"},
                 {"newest", "failed of x: 500"}};

} // namespace

TEST_CASE("living workers are summed up", "[unit][cli][doctor]") {
    const auto findings = judge_workers(rows_of({worker, worker}), "1");
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].detail == "2 live, 4 of 8 slots taken");
    CHECK(judge_workers(rows_of({with(worker, "heartbeat_s", "46")}), "1")[0].state ==
          State::warning);
    CHECK_THAT(judge_workers(rows_of({worker}), "2")[0].detail, Contains("is agentcron 1, this"));
}

TEST_CASE("no worker is a failure where something waits for one", "[unit][cli][doctor]") {
    const auto findings = judge_workers(rows_of({nobody}), "1");
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].state == State::failed);
    CHECK_THAT(findings[0].advice, Contains("agentcron worker"));
    const auto idle = with(with(nobody, "waiting", "0"), "schedules", "0");
    CHECK(judge_workers(rows_of({idle}), "1")[0].state == State::warning);
    const auto died = judge_workers(rows_of({with(worker, "state", "lost")}), "1");
    REQUIRE(died.size() == 2);
    CHECK_THAT(died[1].detail, Contains("box (pid 7) died 20s ago"));
}

TEST_CASE("no scheduler is a failure where there are schedules", "[unit][cli][doctor]") {
    const Row none{{"schedules", "1"},        {"host", std::nullopt},        {"pid", std::nullopt},
                   {"version", std::nullopt}, {"heartbeat_s", std::nullopt}, {"seen_s", "120"}};
    const auto findings = judge_schedulers(rows_of({none}), "1");
    CHECK(findings[0].state == State::failed);
    CHECK_THAT(findings[0].detail, Contains("since 2m ago"));
    CHECK(judge_schedulers(rows_of({with(none, "schedules", "0")}), "1")[0].state ==
          State::warning);
    const auto one = with(with(with(none, "host", "box"), "version", "1"), "heartbeat_s", "5");
    CHECK(judge_schedulers(rows_of({one}), "1")[0].detail == "1 lives");
}

TEST_CASE("a lease that nobody takes back becomes a failure", "[unit][cli][doctor]") {
    const Row lease{{"leases", "1"}, {"task_id", "7"},         {"host", "box"},
                    {"pid", "7"},    {"worker_state", "lost"}, {"overdue_s", "60"}};
    CHECK(judge_leases(rows_of({lease}))[0].state == State::warning);
    const auto stuck = judge_leases(rows_of({with(lease, "overdue_s", "180")}));
    CHECK(stuck[0].state == State::failed);
    CHECK_THAT(stuck[0].detail, Contains("task 7 ran out 3m") && Contains("is lost"));
    CHECK(judge_leases(rows_of({with(lease, "task_id", std::nullopt)}))[0].detail ==
          "1 task running");
}

TEST_CASE("a queue that stands still is a failure while slots are free", "[unit][cli][doctor]") {
    CHECK(judge_queue(rows_of({queue}))[0].state == State::ok);
    const auto late = with(queue, "late_s", "121");
    CHECK(judge_queue(rows_of({late}))[0].state == State::failed);
    CHECK(judge_queue(rows_of({with(late, "free_slots", "0")}))[0].state == State::ok);
    CHECK(judge_queue(rows_of({with(late, "workers", "0")}))[0].state == State::ok);
    const auto full = with(with(queue, "late_s", "901"), "free_slots", "0");
    CHECK(judge_queue(rows_of({full}))[0].state == State::warning);
    CHECK_THAT(judge_queue(rows_of({with(queue, "late_held_s", "121")}))[0].detail,
               Contains("should have come"));
}

TEST_CASE("what ails a schedule is told by its kind", "[unit][cli][doctor]") {
    const auto judged = [](const std::string& problem) {
        return judge_schedules(rows_of({with(schedule, "problem", problem)})).at(0);
    };
    CHECK(judged("error").state == State::failed);
    CHECK(judged("error").detail == "nightly cannot fire: why");
    CHECK(judged("late").state == State::failed);
    CHECK_THAT(judged("late").detail, Contains("due for 1m30s"));
    CHECK(judged("paused").state == State::warning);
    CHECK(judged("unplanned").state == State::warning);
    CHECK_THAT(judged("never").detail, Contains("`why`"));
    const auto none = judge_schedules(rows_of({with(schedule, "name", std::nullopt)}));
    CHECK(none[0].detail == "2 enabled, 0 paused");
}

TEST_CASE("blocked tasks are a person's only where a login is missing", "[unit][cli][doctor]") {
    const Row row{{"agent", "claude"},
                  {"reason", "usage_limit"},
                  {"tasks", "2"},
                  {"first_task", "5"},
                  {"left_s", "600"}};
    CHECK(judge_blocked(rows_of({row}))[0].state == State::ok);
    CHECK_THAT(judge_blocked(rows_of({row}))[0].detail, Contains("10m more"));
    const auto login = judge_blocked(rows_of({with(row, "reason", "auth")}));
    CHECK(login[0].state == State::warning);
    CHECK_THAT(login[0].advice, Contains("agentcron retry 5"));
}

TEST_CASE("notifications that do not arrive are told of", "[unit][cli][doctor]") {
    CHECK(judge_outbox(rows_of({outbox}))[0].state == State::ok);
    CHECK_THAT(judge_outbox(rows_of({with(outbox, "given_up", "1")}))[0].detail,
               Contains("1 notification given up within a day: failed of x: 500"));
    CHECK(judge_outbox(rows_of({with(outbox, "retrying", "2")}))[0].state == State::warning);
    const auto young = with(with(outbox, "retrying", "2"), "oldest_s", "30");
    CHECK(judge_outbox(rows_of({young}))[0].state == State::ok);
    CHECK(judge_outbox(rows_of({with(outbox, "overdue", "1")}))[0].state == State::failed);
}

TEST_CASE("alarms, places and machines are told of one by one", "[unit][cli][doctor]") {
    CHECK(judge_alarms(rows_of({{{"due", "0"}, {"late_s", std::nullopt}}}))[0].state == State::ok);
    CHECK_THAT(judge_alarms(rows_of({{{"due", "2"}, {"late_s", "300"}}}))[0].detail,
               Contains("2 are late, the first by 5m"));
    CHECK_THAT(judge_places(rows_of({{{"task_id", "4"},
                                      {"status", "queued"},
                                      {"problem", "has no place in the queue"}}}))[0]
                   .detail,
               Contains("task 4 is queued and has no place"));
    CHECK_THAT(
        judge_machines(rows_of({{{"host", "far"}, {"tasks", "2"}, {"first_task", "9"}}}))[0].advice,
        Contains("Start a worker on far"));
}

} // namespace agentcron::cli
