// The manifest of the schema is that of the migrations, and drift from it is seen.
#include "db/manifest.hpp"

#include "db/embedded.hpp"
#include "support/catch.hpp"
#include "support/test_cluster.hpp"

#include <fstream>

namespace agentcron::db {

using support::TestDatabase;

TEST_CASE("the schema's manifest is what the migrations make", "[integration][db][doctor]") {
    TestDatabase database;
    Connection connection(database.conninfo());
    const auto actual = read_schema(connection);
    const auto text = manifest_text(actual);
    if (expected_schema().major != actual.major) {
        CHECK(compare(expected_schema(), actual).empty());
        return;
    }
    if (text == schema_manifest()) return;
    const std::string made = std::string(AGENTCRON_BINARY_DIR) + "/schema_manifest.txt";
    std::ofstream(made) << text;
    for (const auto& drift : compare(expected_schema(), actual))
        UNSCOPED_INFO(drift.object.kind << " " << drift.object.name << ": "
                                        << drift.object.definition);
    FAIL("src/db/schema_manifest.txt is stale. The right one was written; look at it, then:\n  cp "
         << made << " " << AGENTCRON_SOURCE_DIR << "/src/db/schema_manifest.txt");
}

TEST_CASE("the manifest does not depend on who reads it or on which day",
          "[integration][db][doctor]") {
    TestDatabase database;
    const auto elsewhere =
        complete_conninfo(database.conninfo() + " options='-c search_path=agentcron,public'");
    database.execute("create table agentcron.output_20990101 partition of agentcron.output for "
                     "values from ('2099-01-01') to ('2099-01-02')");
    Connection connection(database.conninfo());
    Connection other(elsewhere);
    CHECK(manifest_text(read_schema(connection)) == manifest_text(read_schema(other)));
    CHECK(compare(expected_schema(), read_schema(other)).empty());
}

TEST_CASE("every kind of change to the schema is drift", "[integration][db][doctor]") {
    TestDatabase database;
    Connection connection(database.conninfo());
    const auto drift_after = [&](const std::string& sql) {
        database.execute(sql);
        std::string found;
        for (const auto& drift : compare(expected_schema(), read_schema(connection)))
            found += (found.empty() ? "" : ", ") + drift.object.kind + " " + drift.object.name;
        return found;
    };
    CHECK(drift_after("drop index agentcron.leases_of_agent") == "index leases.leases_of_agent");
    CHECK(drift_after("create index leases_of_agent on agentcron.leases (agent)").empty());
    CHECK(drift_after("alter table agentcron.tasks alter priority set default 7") ==
          "column tasks.priority");
    CHECK(drift_after("alter table agentcron.tasks alter priority set default 100").empty());
    CHECK(drift_after("alter table agentcron.leases reset (fillfactor)") == "table leases");
    CHECK(drift_after("alter table agentcron.leases set (fillfactor = 70)").empty());
    CHECK(drift_after("alter table agentcron.schedules disable trigger schedules_resumed") ==
          "trigger schedules.schedules_resumed");
    CHECK(drift_after("alter table agentcron.schedules enable trigger schedules_resumed").empty());
    CHECK(drift_after("alter table agentcron.tasks drop constraint tasks_started") ==
          "constraint tasks.tasks_started");
    CHECK_THAT(drift_after("create or replace function agentcron.wake(what text) returns void "
                           "language sql as 'select'"),
               Catch::Contains(", function wake(what text)"));
    CHECK_THAT(drift_after("create or replace view agentcron.daily_summary as select null::date as "
                           "day, ''::text as schedule, 0::bigint as runs, 0::bigint as succeeded, "
                           "0::bigint as failed, 0::numeric as cost_usd, 0::bigint as skipped, "
                           "0::bigint as missed"),
               Catch::Contains("view daily_summary"));
    CHECK_THAT(drift_after("create table agentcron.mine (id bigint primary key)"),
               Catch::Contains("table mine"));
}

} // namespace agentcron::db
