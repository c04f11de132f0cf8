#include "cli/doctor_facts.hpp"

#include "support/catch.hpp"
#include "unit/cli/rows_of.hpp"

namespace agentcron::cli {

TEST_CASE("a field that is null reads as nothing", "[unit][cli][doctor]") {
    const auto table = rows_of({{{"a", std::nullopt}, {"b", "2.5"}, {"c", "t"}}});
    const Facts facts(table, 0);
    CHECK_FALSE(facts.has("a"));
    CHECK(facts.text("a").empty());
    CHECK(facts.number("a") == 0);
    CHECK_FALSE(facts.is_true("a"));
    CHECK(facts.number("b") == 2.5);
    CHECK(facts.count("b") == 2);
    CHECK(facts.is_true("c"));
}

TEST_CASE("lists are cut, and say how much is not shown", "[unit][cli][doctor]") {
    CHECK(shortened("", 2).empty());
    CHECK(shortened("a, b", 2) == "a, b");
    CHECK(shortened("a, b, c", 2) == "a, b and 1 more");
    CHECK(shortened("a, b, c, d", 1) == "a and 3 more");
}

TEST_CASE("bytes are told in the unit that fits", "[unit][cli][doctor]") {
    CHECK(bytes_text(1023) == "1023B");
    CHECK(bytes_text(1536) == "1.5K");
    CHECK(bytes_text(20ull << 30) == "20G");
    CHECK(bytes_text(5000ull << 40) == "5000T");
    CHECK(counted(1, "task") == "1 task");
    CHECK(counted(0, "task") == "0 tasks");
}

} // namespace agentcron::cli
