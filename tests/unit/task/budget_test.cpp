#include "task/budget.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>

using namespace agentcron::task;

namespace {

std::vector<Account> one(Budget budget, Amounts spent = {}) {
    return {{"its budget", budget, spent}};
}

} // namespace

TEST_CASE("a budget that is used up exactly lets nothing start, and nothing end",
          "[unit][task][budget]") {
    CHECK_FALSE(no_room_to_start(one({1.5, {}, {}}, {1.49, 9, 9})));
    CHECK(no_room_to_start(one({1.5, {}, {}}, {1.5, 0, 0})) ==
          "its budget of 1.50 USD is used up (1.50)");
    CHECK_FALSE(over_budget(one({1.5, {}, {}}), {1.5, 0, 0}));
    CHECK(over_budget(one({1.5, {}, {}}), {1.62, 0, 0}) ==
          "its budget of 1.50 USD is used up (1.62)");
}

TEST_CASE("earlier attempts and this one count together", "[unit][task][budget]") {
    const auto turns = one({{}, 3, {}}, {0, 2, 0});
    CHECK_FALSE(over_budget(turns, {0, 1, 0}));
    CHECK(over_budget(turns, {0, 2, 0}) == "its budget of 3 turns is used up (4)");
    const auto tokens = one({{}, {}, 1000}, {0, 0, 900});
    CHECK(over_budget(tokens, {0, 0, 200}) == "its budget of 1000 tokens is used up (1100)");
}

TEST_CASE("the first budget that is used up is named", "[unit][task][budget]") {
    std::vector<Account> accounts = one({10.0, {}, {}});
    accounts.push_back({"the day's budget of schedule s", {2.0, {}, {}}, {1.9, 0, 0}});
    CHECK(over_budget(accounts, {0.2, 0, 0}) ==
          "the day's budget of schedule s of 2.00 USD is used up (2.10)");
    CHECK_FALSE(over_budget({}, {1e6, 1'000'000, 1'000'000}));
}

TEST_CASE("a budget is read from JSON and written to it", "[unit][task][budget]") {
    const auto read = [](const char* text) {
        return budget_from(boost::json::parse(text).as_object());
    };
    const auto budget = read(R"({"cost_usd":1.5,"turns":40,"tokens":200000,"per_day":{}})");
    REQUIRE(budget.has_value());
    CHECK(boost::json::serialize(to_object(*budget)) ==
          R"({"cost_usd":1.5E0,"turns":40,"tokens":200000})");
    CHECK(to_object(*read("{}")).empty());
    CHECK(read(R"({"cost_usd":2})")->cost_usd == 2.0);
    for (const auto* text : {R"({"cost_usd":0})", R"({"cost_usd":"1"})", R"({"turns":0})",
                             R"({"turns":1.5})", R"({"tokens":-1})"})
        CHECK_THAT(read(text).error(), Catch::Contains("budget."));
}
