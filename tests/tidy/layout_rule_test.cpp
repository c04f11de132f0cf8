#include "tidy/layout_rule.hpp"

#include "support/catch.hpp"

using namespace agentcron::tidy;

TEST_CASE("only the known entries stand at the top", "[tidy]") {
    CHECK(check_top_level({"src", "tests", ".gitignore", "build", "build-sanitize"}).empty());
    CHECK(check_top_level({"src", "notes.txt"}).at(0).path == "notes.txt");
}

TEST_CASE("a unit test mirrors a file of src, or an aspect of one", "[tidy]") {
    const std::vector<std::string> sources{"src/cron/fire_times.cpp", "src/base/clock.hpp"};
    const auto findings = [&](std::string test) {
        std::vector<std::string> paths = sources;
        paths.push_back(std::move(test));
        return check_unit_tests(paths).size();
    };
    CHECK(findings("tests/unit/cron/fire_times_test.cpp") == 0);
    CHECK(findings("tests/unit/cron/fire_times_dst_gap_test.cpp") == 0);
    CHECK(findings("tests/unit/base/clock_test.cpp") == 0);
    CHECK(findings("tests/unit/cron/clock_test.cpp") == 1);
    CHECK(findings("tests/unit/cron/fir_test.cpp") == 1);
    CHECK(findings("tests/unit/cron/corpus.cpp") == 0);
    CHECK(findings("tests/unit/cron/fire_test.cpp") == 0); // of the family fire_*
    CHECK(findings("tests/unit/cron/properties_test.cpp") == 0);
}

TEST_CASE("migrations are numbered from one without gaps", "[tidy]") {
    CHECK(check_migrations({}).empty());
    CHECK(check_migrations({"migrations/0002_b.sql", "migrations/0001_a.sql"}).empty());
    CHECK(check_migrations({"migrations/0001_a.sql", "migrations/0003_b.sql"}).size() == 1);
    CHECK(check_migrations({"migrations/0001_a.sql", "migrations/0001_b.sql"}).size() == 1);
    CHECK(check_migrations({"migrations/0002_a.sql"}).size() == 1);
    CHECK(check_migrations({"migrations/1_a.sql"}).size() == 1);
    CHECK(check_migrations({"migrations/0001_A b.sql"}).size() == 1);
}

TEST_CASE("the map names every folder", "[tidy]") {
    const std::vector<std::string> paths{"src/main.cpp", "src/cron/a.cpp", "src/db/sql/b.sql"};
    CHECK(check_map("`cron/` and `db/`", paths).empty());
    CHECK(check_map("`cron/`", paths).size() == 1);
}
