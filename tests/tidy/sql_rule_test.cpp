#include "tidy/sql_rule.hpp"

#include "support/catch.hpp"

using namespace agentcron::tidy;

TEST_CASE("statements are recognised in any case and layout", "[tidy]") {
    CHECK(looks_like_sql("SELECT id FROM agentcron.tasks"));
    CHECK(looks_like_sql("\n  select *\n  from tasks"));
    CHECK(looks_like_sql("select agentcron.answer($1, $2)"));
    CHECK(looks_like_sql("select 1"));
    CHECK(looks_like_sql("insert into tasks values ($1)"));
    CHECK(looks_like_sql("update agentcron.tasks as t set status = $1"));
    CHECK(looks_like_sql("Delete From leases"));
    CHECK(looks_like_sql("with due as materialized (select 1) select 2"));
}

TEST_CASE("sentences are not statements", "[tidy]") {
    CHECK_FALSE(looks_like_sql("select a schedule from the list"));
    CHECK_FALSE(looks_like_sql("with a grace period of 5 s"));
    CHECK_FALSE(looks_like_sql("update the schedule"));
    CHECK_FALSE(looks_like_sql("delete it by hand"));
    CHECK_FALSE(looks_like_sql("select"));
    CHECK_FALSE(looks_like_sql(""));
}

TEST_CASE("SQL in a literal of src is found at its line, joined or not", "[tidy]") {
    const SourceFile file{"src/engine/a.cpp", "f();\nrun(\"select id, name \"\n    \"from t\");\n"};
    REQUIRE(check_sql(file).size() == 1);
    CHECK(check_sql(file)[0].line == 2);
    CHECK(check_sql({"src/db/a.cpp", "run(\"select 1\");"}).size() == 1);
}

TEST_CASE("tests and SQL files may hold SQL", "[tidy]") {
    CHECK(check_sql({"tests/integration/a.cpp", "run(\"select 1\");"}).empty());
    CHECK(check_sql({"src/db/sql/a.sql", "select 1;"}).empty());
}
