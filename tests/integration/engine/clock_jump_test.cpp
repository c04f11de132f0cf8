// Clocks that jump: set back, set forward, asleep, and a cursor that was restored.
#include "base/timestamps.hpp"
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

using agentcron::base::Instant;
using agentcron::engine::EngineRun;
using Rows = std::vector<std::vector<std::string>>;

namespace {

Instant at(const std::string& text) {
    return *agentcron::base::from_rfc3339(text);
}

// Two schedulers and a worker; a schedule of every quarter of an hour that ran at 10:00, 10:15 and
// 10:30.
class JumpRun : public EngineRun {
public:
    explicit JumpRun(const std::string& catch_up = "latest") {
        agent("sh", "command", "true");
        set_time(at("2026-06-01T09:59:00Z"));
        for (int i = 0; i < 2; ++i) start_scheduler();
        start_worker();
        until_value("select count(*) from agentcron.workers", "1");
        database.execute("update agentcron.workers set started_at = '2020-01-01'; "
                         "insert into agentcron.schedules (name, agent, cron, overlap, catch_up) "
                         "values ('s', 'sh', '*/15 * * * *', 'allow', '" +
                         catch_up + "')");
        until_planned();
        for (const auto* time : {"10:00", "10:15", "10:30"})
            set_time(at(std::string("2026-06-01T") + time + ":00Z"));
        until_all_ran();
        CHECK(rows() == three);
    }
    void until_all_ran() {
        until_value("select count(*) from agentcron.tasks where status not in ('succeeded', "
                    "'skipped')",
                    "0");
    }
    Rows rows() {
        return database.rows("select to_char(fire_time at time zone 'UTC', 'DD HH24:MI'), "
                             "fires_covered, trigger, run_no from agentcron.tasks order by "
                             "fire_time");
    }
    Rows three_and(const Rows& more) const {
        Rows all = three;
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    const Rows three{{"01 10:00", "1", "schedule", "1"},
                     {"01 10:15", "1", "schedule", "1"},
                     {"01 10:30", "1", "schedule", "1"}};
};

} // namespace

TEST_CASE("a clock that is set back an hour makes no due time twice", "[integration][engine]") {
    JumpRun run;
    for (const auto* time : {"09:30", "09:45", "10:00", "10:15", "10:30", "10:44"})
        run.set_time(at(std::string("2026-06-01T") + time + ":00Z"));
    CHECK(run.rows() == run.three);
    run.set_time(at("2026-06-01T10:45:00Z"));
    run.until_all_ran();
    CHECK(run.rows() == run.three_and({{"01 10:45", "1", "schedule", "1"}}));
}

TEST_CASE("a schedule that is resumed while the clock is set back repeats no due time",
          "[integration][engine]") {
    JumpRun run;
    run.set_time(at("2026-06-01T09:59:00Z"));
    run.database.execute("select agentcron.pause('s'); select agentcron.resume('s')");
    for (const auto* time : {"10:00", "10:15", "10:30", "10:45"})
        run.set_time(at(std::string("2026-06-01T") + time + ":00Z"));
    run.until_all_ran();
    CHECK(run.rows() == run.three_and({{"01 10:45", "1", "schedule", "1"}}));
}

TEST_CASE("a clock that jumps forward three days leaves one row for them",
          "[integration][engine]") {
    JumpRun run;
    run.set_time(at("2026-06-04T10:37:00Z"));
    run.until_all_ran();
    CHECK(run.rows() == run.three_and({{"04 10:30", "288", "catch_up", "1"}}));
    CHECK(run.database.value("select to_char(covers_from at time zone 'UTC', 'DD HH24:MI') from "
                             "agentcron.tasks where trigger = 'catch_up'") == "01 10:45");
}

TEST_CASE("a clock that jumps an hour forward, back and forward again runs each due time once",
          "[integration][engine]") {
    const auto policy = GENERATE(as<std::string>{}, "latest", "all", "none");
    CAPTURE(policy);
    JumpRun run(policy);
    run.set_time(at("2026-06-01T11:31:00Z"));
    run.until_all_ran();
    const auto ran = run.rows();
    if (policy == "all")
        CHECK(ran == run.three_and({{"01 10:45", "1", "catch_up", "1"},
                                    {"01 11:00", "1", "catch_up", "1"},
                                    {"01 11:15", "1", "catch_up", "1"},
                                    {"01 11:30", "1", "schedule", "1"}}));
    if (policy == "latest") CHECK(ran == run.three_and({{"01 11:30", "4", "schedule", "1"}}));
    if (policy == "none")
        CHECK(run.database.value("select count(*) || ' ' || max(fire_time) from agentcron.tasks "
                                 "where status = 'succeeded'") == "4 2026-06-01 11:30:00+00");
    for (const auto* time : {"10:31", "10:45", "11:00", "11:15", "11:30", "11:31", "11:44"})
        run.set_time(at(std::string("2026-06-01T") + time + ":00Z"));
    CHECK(run.rows() == ran);
    run.set_time(at("2026-06-01T11:45:00Z"));
    run.until_all_ran();
    auto after = ran;
    after.push_back({"01 11:45", "1", "schedule", "1"});
    CHECK(run.rows() == after);
}

TEST_CASE("a scheduler that slept has a row for each of its lives", "[integration][engine]") {
    JumpRun run;
    // The machine slept for ten minutes, of which the database's clock knows.
    run.database.execute("update agentcron.schedulers set started_at = now() - interval '1 hour', "
                         "heartbeat_at = now() - interval '10 minutes'");
    run.set_time(at("2026-06-01T10:45:00Z"));
    run.until_value("select count(*) from agentcron.scheduler_status where state = 'alive'", "2");
    CHECK(run.database.rows("select count(*), bool_and(to_at is not null), bool_and(duration "
                            "between '10 minutes' and '11 minutes') from agentcron.downtime") ==
          Rows{{"1", "t", "t"}});
}

TEST_CASE("a cursor that is restored from an old copy makes no due time twice",
          "[integration][engine]") {
    JumpRun run("all");
    const auto move = GENERATE(as<std::string>{}, "next_fire_at = '2026-06-01T10:15:00Z'",
                               // With the copy's own notes.
                               "next_fire_at = '2026-06-01T10:15:00Z', last_fire_at = "
                               "'2026-06-01T10:00:00Z'");
    run.database.execute("update agentcron.schedules set " + move);
    run.set_time(at("2026-06-01T10:46:00Z"));
    run.until_all_ran();
    CHECK(run.rows() == run.three_and({{"01 10:45", "1", "schedule", "1"}}));
    CHECK(run.database.value("select next_fire_at = '2026-06-01T11:00:00Z' from "
                             "agentcron.schedules") == "t");
}
