// What waits for a person is rows that nobody reads in passing, however many they are.
#include "db/statements.hpp"
#include "support/catch.hpp"
#include "support/test_cluster.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::db {

using support::TestDatabase;

namespace {

// Two thousand parked tasks of schedule 1, each with a question of its own; task 1 is the first.
class Parked : public TestDatabase {
public:
    Parked() {
        execute("insert into agentcron.agents (name, driver) values ('a', 'jsonl'); "
                "insert into agentcron.schedules (name, agent, cron, while_waiting) "
                "values ('ask', 'a', '@daily', 'allow'); "
                "insert into agentcron.tasks (schedule_id, schedule, agent, run_at, status, "
                "run_no, started_at, spec) select 1, 'ask', 'a', now(), 'waiting_for_input', 1, "
                "now(), '{}' from generate_series(1, 2000); "
                "insert into agentcron.questions (task_id, run_no, native_id, kind, headline, "
                "fingerprint, schedule_id) select id, 1, 'q', 'ask', '?', md5(id::text), 1 "
                "from agentcron.tasks");
        execute("analyze agentcron.questions");
        execute("analyze agentcron.tasks");
        execute("create function seen() returns bigint language sql volatile as $$ "
                "select sum(pg_stat_get_xact_tuples_returned(c) "
                "+ pg_stat_get_xact_tuples_fetched(c)) "
                "from unnest(array['agentcron.questions', 'agentcron.tasks']::regclass[]) c $$; "
                "create function reads(call text) returns bigint language plpgsql as $$ "
                "declare before bigint := seen(); begin execute call; return seen() - before; "
                "end $$");
    }
    // The rows of these tables that a statement reads.
    int reads(const std::string& call) {
        return std::stoi(value(fmt::format("select reads($call${}$call$)", call)));
    }
};

std::string statement_about_schedule_1(std::string_view name) {
    std::string text(statement(name));
    for (auto at = text.find("$1::bigint[]"); at != std::string::npos;
         at = text.find("$1::bigint[]"))
        text.replace(at, 12, "array[1::bigint]");
    return text;
}

} // namespace

TEST_CASE("an answer reads its own question, however many are open", "[integration][parked]") {
    Parked database;
    CHECK(database.reads("select agentcron.answer(1000, 'x')") < 50);
    CHECK(database.value("select count(*) from agentcron.ready") == "1");
}

TEST_CASE("a claim reads one of the tasks that wait, however many do", "[integration][parked]") {
    Parked database;
    const auto unfinished = statement_about_schedule_1("unfinished");
    CHECK(database.reads(unfinished) < 50);
    CHECK(database.rows(unfinished) ==
          std::vector<std::vector<std::string>>{{"1", "1", "waiting", "", "f"}});
    CHECK(database.reads("select agentcron.slots_used('schedule:1')") < 50);
}

TEST_CASE("a tick reads nothing of what waits", "[integration][parked]") {
    Parked database;
    CHECK(database.reads("select agentcron.ring_alarms(clock_timestamp())") < 50);
    CHECK(database.reads("select agentcron.trigger_schedule('ask')") < 50);
}

TEST_CASE("a question finds the one that it joins by an index", "[integration][parked]") {
    Parked database;
    CHECK(database.reads("select min(o.id) from agentcron.questions o where o.schedule_id = 1 "
                         "and o.fingerprint = md5('77') and o.outcome is null and o.joins is null "
                         "and o.task_id <> 5") < 50);
}

} // namespace agentcron::db
