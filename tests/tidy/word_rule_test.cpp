#include "tidy/word_rule.hpp"

#include "support/catch.hpp"

using namespace agentcron::tidy;

TEST_CASE("a note to do something later is found in comments of any language", "[tidy]") {
    CHECK(check_notes({"src/a.cpp", "int a; // TODO: b\n"}).at(0).line == 1);
    CHECK(check_notes({"src/a.sql", "select 1;\n-- FIXME\n"}).at(0).line == 2);
    CHECK(check_notes({"tests/run", "# HACK\n"}).size() == 1);
    CHECK(check_notes({"src/a.cpp", "f(); // XXX\n"}).size() == 1);
}

TEST_CASE("a longer word or a string is not a note", "[tidy]") {
    CHECK(check_notes({"src/a.cpp", "f(\"TODO\"); // TODOS\n"}).empty());
    CHECK(check_notes({"tests/run", "mktemp /tmp/a.XXXXXX\n"}).empty());
}

TEST_CASE("sleeping is found in C++ code only", "[tidy]") {
    CHECK(check_sleeps({"src/a.cpp", "std::this_thread::sleep_for(1s);\n"}).size() == 1);
    CHECK(check_sleeps({"tests/a.cpp", "::sleep(1);\nusleep(5);\n"}).size() == 2);
    CHECK(check_sleeps({"tests/a.cpp", " ::sleep(n);\nsleep(2);\n"}).size() == 2);
    CHECK(
        check_sleeps({"src/a.cpp", "void Scheduler::sleep(const Tick& tick) {\n    sleep(tick);\n"})
            .empty());
    CHECK(check_sleeps({"tests/a.cpp", "run(\"sleep 100\"); // they sleep\n"}).empty());
    CHECK(check_sleeps({"tests/agent.sh", "sleep 100\n"}).empty());
}

TEST_CASE("a ruler in a comment is found", "[tidy]") {
    CHECK(check_banners({"src/a.cpp", "  // ===== parsing =====\n"}).size() == 1);
    CHECK(check_banners({"src/a.cpp", "//---\n"}).size() == 1);
    CHECK(check_banners({"src/a.sql", "------\n"}).size() == 1);
    CHECK(check_banners({"tests/run", "#### part\n"}).size() == 1);
}

TEST_CASE("ordinary comments and YAML's own marks are no rulers", "[tidy]") {
    CHECK(check_banners({"src/a.cpp", "// a -- b\n// -1 is an error\nx /= 2;\n"}).empty());
    CHECK(check_banners({"schedules/a.yaml", "---\n# - item\n"}).empty());
    CHECK(check_banners({"src/a.sql", "-- name: claim\n"}).empty());
    CHECK(check_banners({"README.md", "# A\n---\n"}).empty());
}
