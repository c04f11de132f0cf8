#include "support/catch.hpp"
#include "support/test_cluster.hpp"

using agentcron::support::TestDatabase;

TEST_CASE("every case has a migrated database of its own", "[e2e][support]") {
    TestDatabase one;
    TestDatabase other;
    one.execute("insert into agentcron.agents (name, driver) values ('a', 'command')");
    CHECK(one.value("select count(*) from agentcron.agents") == "1");
    CHECK(other.value("select count(*) from agentcron.agents") == "0");
}

TEST_CASE("a database that was cut off is there again with its rows", "[e2e][support]") {
    TestDatabase database;
    database.execute("insert into agentcron.agents (name, driver) values ('a', 'command')");
    database.cut_off();
    database.let_in();
    CHECK(database.wait_for_value("select name from agentcron.agents", "a") == "a");
}
