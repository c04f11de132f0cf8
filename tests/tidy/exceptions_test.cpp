#include "tidy/exceptions.hpp"

#include "support/catch.hpp"

using namespace agentcron::tidy;

namespace {

const Findings two{{"a.sql", 1, "wide"}, {"a.sql", 5, "wide"}};

} // namespace

TEST_CASE("an exception takes away exactly its number of findings", "[tidy]") {
    CHECK(without_excepted("columns", two, {{"columns", "a.sql", 2}}).empty());
    CHECK(without_excepted("columns", two, {{"columns", "a.sql", 1}}).size() == 2);
}

TEST_CASE("an exception that is larger than needed is found", "[tidy]") {
    const auto found = without_excepted("columns", two, {{"columns", "a.sql", 3}});
    REQUIRE(found.size() == 1);
    CHECK(found[0].advice.find("lower or remove") != std::string::npos);
    CHECK(without_excepted("columns", {}, {{"columns", "a.sql", 1}}).size() == 1);
}

TEST_CASE("an exception is for one rule and one file", "[tidy]") {
    CHECK(without_excepted("banners", two, {{"columns", "a.sql", 2}}).size() == 2);
    CHECK(without_excepted("columns", two, {{"columns", "b.sql", 2}}).size() == 3);
}
