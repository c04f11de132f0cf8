#include "db/migrate.hpp"

#include "support/catch.hpp"
#include "support/test_cluster.hpp"

#include <future>

namespace agentcron::db {

using support::TestDatabase;

namespace {

std::vector<int> migrate_now(const TestDatabase& database) {
    Connection connection(database.conninfo());
    return migrate(connection, {});
}

std::vector<int> all_versions() {
    std::vector<int> versions;
    for (const auto& migration : known_migrations()) versions.push_back(migration.version);
    return versions;
}

std::string schema_error(const TestDatabase& database) {
    try {
        Connection connection(database.conninfo());
        migrate(connection, {});
    } catch (const SchemaError& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("an empty database gets every migration once", "[integration][db]") {
    TestDatabase database(TestDatabase::Schema::none);
    CHECK(migrate_now(database) == all_versions());
    CHECK(migrate_now(database).empty());
    Connection connection(database.conninfo());
    CHECK_NOTHROW(require_current_schema(connection));
    CHECK(database.value("select count(*) from agentcron.schema_migrations") ==
          std::to_string(all_versions().size()));
}

TEST_CASE("of several that migrate at once one does the work", "[integration][db]") {
    TestDatabase database(TestDatabase::Schema::none);
    std::vector<std::future<std::vector<int>>> rivals;
    for (int i = 0; i < 4; ++i)
        rivals.push_back(std::async(std::launch::async, [&] { return migrate_now(database); }));
    std::vector<int> versions;
    for (auto& rival : rivals)
        for (const int version : rival.get()) versions.push_back(version);
    std::sort(versions.begin(), versions.end());
    CHECK(versions == all_versions());
}

TEST_CASE("a database without the schema is not usable before it is migrated",
          "[integration][db]") {
    TestDatabase database(TestDatabase::Schema::none);
    Connection connection(database.conninfo());
    CHECK_THROWS_WITH(require_current_schema(connection),
                      Catch::Contains("no agentcron schema yet") &&
                          Catch::Contains("agentcron migrate"));
}

TEST_CASE("a database that lacks a migration is told to migrate", "[integration][db]") {
    TestDatabase database;
    database.execute("delete from agentcron.schema_migrations where version = (select "
                     "max(version) from agentcron.schema_migrations)");
    Connection connection(database.conninfo());
    CHECK_THROWS_WITH(require_current_schema(connection), Catch::Contains("agentcron migrate"));
}

TEST_CASE("the schema of a newer agentcron is refused", "[integration][db]") {
    TestDatabase database;
    database.execute("insert into agentcron.schema_migrations values (9000, 'later', 'x', now())");
    CHECK_THAT(schema_error(database), Catch::Contains("schema version 9000") &&
                                           Catch::Contains("install the newer agentcron"));
    Connection connection(database.conninfo());
    CHECK_THROWS_AS(require_current_schema(connection), SchemaError);
}

TEST_CASE("a migration whose text was changed after it was applied is refused",
          "[integration][db]") {
    TestDatabase database;
    database.execute("update agentcron.schema_migrations set checksum = '0123' where version = 1");
    CHECK_THAT(schema_error(database),
               Catch::Contains("migration 1 (tables)") && Catch::Contains("checksum 0123"));
}

TEST_CASE("a migration that fails leaves nothing behind", "[integration][db]") {
    TestDatabase database(TestDatabase::Schema::none);
    database.execute("create schema agentcron; create table agentcron.tasks (id bigint)");
    CHECK_THAT(schema_error(database), Catch::Contains("migration 1 (tables) failed"));
    CHECK(database.value("select count(*) from agentcron.schema_migrations") == "0");
    CHECK(database.value("select to_regclass('agentcron.agents') is null") == "t");
    database.execute("drop table agentcron.tasks");
    CHECK(migrate_now(database) == all_versions());
}

} // namespace agentcron::db
