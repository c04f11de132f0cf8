#include "cli/doctor_storage.hpp"

#include "support/catch.hpp"
#include "unit/cli/rows_of.hpp"

namespace agentcron::cli {

using Catch::Contains;

namespace {

const Row limits{
    {"xid_age", "1000"}, {"mxid_age", "0"}, {"xid_goal", "200000000"}, {"mxid_goal", "400000000"}};
const Row holder{{"kind", "session"},
                 {"name", "77"},
                 {"owner", "anna"},
                 {"program", "psql"},
                 {"state", "idle in transaction"},
                 {"age_s", "7200"}};
const Row table{
    {"name", "ready"}, {"live", "10"}, {"dead", "19999"}, {"vacuumed_s", "60"}, {"automatic", "t"}};

} // namespace

TEST_CASE("partitions that are missing or half detached are told of", "[unit][cli][doctor]") {
    const Row row{{"missing", std::nullopt},
                  {"partitions", "6"},
                  {"oldest", "output_1"},
                  {"size", "96 kB"},
                  {"detaching", std::nullopt}};
    CHECK(judge_partitions(rows_of({row}))[0].state == State::ok);
    const auto missing = judge_partitions(rows_of({with(row, "missing", "2026-12-01")}));
    CHECK(missing[0].state == State::failed);
    CHECK_THAT(missing[0].detail, Contains("2026-12-01"));
    CHECK(judge_partitions(rows_of({with(row, "detaching", "output_1")}))[0].state ==
          State::warning);
}

TEST_CASE("dead rows count where they outweigh the living", "[unit][cli][doctor]") {
    CHECK(judge_vacuum(rows_of({table}))[0].state == State::ok);
    const auto dirty = with(table, "dead", "20000");
    CHECK_THAT(judge_vacuum(rows_of({dirty}))[0].detail,
               Contains("ready has 20000 dead rows beside 10, vacuumed 1m ago"));
    CHECK(judge_vacuum(rows_of({with(dirty, "live", "50000")}))[0].state == State::ok);
    CHECK_THAT(judge_vacuum(rows_of({with(dirty, "vacuumed_s", std::nullopt)}))[0].detail,
               Contains("never vacuumed"));
    CHECK(judge_vacuum(rows_of({with(table, "automatic", "f")}))[0].state == State::failed);
}

TEST_CASE("who keeps dead rows is named with what to do", "[unit][cli][doctor]") {
    db::Table nobody = rows_of({holder});
    nobody.rows.clear();
    CHECK(judge_horizon(nobody)[0].state == State::ok);
    const auto session = judge_horizon(rows_of({holder}))[0];
    CHECK(session.state == State::warning);
    CHECK_THAT(session.detail, Contains("of anna (psql, idle in transaction)") && Contains("2h"));
    CHECK_THAT(session.advice, Contains("pg_terminate_backend(77)"));
    CHECK_THAT(judge_horizon(rows_of({with(holder, "kind", "prepared")}))[0].advice,
               Contains("rollback prepared '77'"));
    CHECK_THAT(
        judge_horizon(rows_of({with(with(holder, "kind", "slot"), "program", "5 GB")}))[0].detail,
        Contains("slot 77, and it keeps 5 GB of WAL"));
}

TEST_CASE("ids that run out are told of in time", "[unit][cli][doctor]") {
    CHECK(judge_limits(rows_of({limits}))[0].state == State::ok);
    CHECK(judge_limits(rows_of({with(limits, "xid_age", "399999999")}))[0].state == State::ok);
    CHECK(judge_limits(rows_of({with(limits, "xid_age", "400000000")}))[0].state == State::warning);
    CHECK(judge_limits(rows_of({with(limits, "xid_age", "1600000000")}))[0].state == State::failed);
    CHECK_THAT(judge_limits(rows_of({with(limits, "mxid_age", "900000000")}))[0].detail,
               Contains("multixact is 900 million"));
}

} // namespace agentcron::cli
