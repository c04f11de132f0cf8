#include "tidy/include_rule.hpp"

#include "support/catch.hpp"

using namespace agentcron::tidy;

namespace {

std::size_t findings(std::string path, std::string text) {
    return check_includes({{std::move(path), std::move(text)}}).size();
}

} // namespace

TEST_CASE("an include against the direction of the layers is found at its line", "[tidy]") {
    const auto found = check_includes({{"src/cron/a.cpp", "\n#include \"db/tasks.hpp\"\n"}});
    REQUIRE(found.size() == 1);
    CHECK(found[0].line == 2);
    CHECK(found[0].advice.starts_with("cron/ may not include db/"));
}

TEST_CASE("db and engine do not include each other", "[tidy]") {
    CHECK(findings("src/db/a.cpp", "#include \"engine/worker.hpp\"\n") == 1);
    CHECK(findings("src/engine/a.cpp", "#include \"db/tasks.hpp\"\n") == 1);
    CHECK(findings("src/engine/a.cpp", "#include \"task/task_store.hpp\"\n") == 0);
}

TEST_CASE("a folder may include itself and what lies below it", "[tidy]") {
    CHECK(findings("src/cron/a.cpp", "#include \"cron/b.hpp\"\n#include \"base/c.hpp\"\n") == 0);
    CHECK(findings("src/app.cpp", "#include \"engine/a.hpp\"\n#include \"db/b.hpp\"\n") == 0);
    CHECK(findings("src/cli/up.cpp", "#include \"app.hpp\"\n") == 0);
}

TEST_CASE("a header without its folder is found", "[tidy]") {
    CHECK(findings("src/cron/a.cpp", "#include \"b.hpp\"\n") == 1);
}

TEST_CASE("an include in a comment is none", "[tidy]") {
    CHECK(findings("src/cron/a.cpp", "// #include \"db/b.hpp\"\n/*\n#include <pqxx/a>\n*/\n") == 0);
}

TEST_CASE("each library stays where it belongs", "[tidy]") {
    CHECK(findings("src/engine/a.cpp", "#include <pqxx/pqxx>\n") == 1);
    CHECK(findings("src/db/a.cpp", "#include <pqxx/pqxx>\n") == 0);
    CHECK(findings("src/db/a.cpp", "#include <CLI/CLI.hpp>\n") == 1);
    CHECK(findings("src/schedule/a.cpp", "#include <yaml-cpp/yaml.h>\n") == 1);
    CHECK(findings("src/engine/a.cpp", "#include <boost/process/v2/process.hpp>\n") == 1);
    CHECK(findings("src/base/spawn.cpp", "#include <boost/process/v2/process.hpp>\n") == 0);
    CHECK(findings("tests/integration/a.cpp", "#include <pqxx/pqxx>\n") == 0);
}

TEST_CASE("libsystemd has one user", "[tidy]") {
    const SourceFile first{"src/base/notify.cpp", "#include <systemd/sd-daemon.h>\n"};
    const SourceFile second{"src/engine/a.cpp", "#include <systemd/sd-daemon.h>\n"};
    CHECK(check_includes({first}).empty());
    CHECK(check_includes({first, second}).size() == 1);
}

TEST_CASE("a folder that the include rule does not know is found", "[tidy]") {
    CHECK(findings("src/misc/a.cpp", "") == 1);
}
