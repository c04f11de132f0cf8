#include "agent/codex_tokens.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>

using namespace agentcron::agent;
namespace json = boost::json;

namespace {

json::object told(std::string_view thread, std::int64_t total, std::int64_t last) {
    const auto count = [](std::int64_t input) {
        return json::object{{"inputTokens", input}, {"outputTokens", input / 10}};
    };
    return {{"threadId", thread}, {"tokenUsage", {{"total", count(total)}, {"last", count(last)}}}};
}

} // namespace

TEST_CASE("tokens of earlier runs of a codex thread are not counted again", "[unit][agent]") {
    codex::Tokens resumed;
    resumed.take(told("t", 500, 100), true); // told again at the resume
    CHECK(resumed.total().input_tokens == 0);
    resumed.take(told("t", 600, 100), false);
    resumed.take(told("t", 750, 150), false);
    CHECK(resumed.total().input_tokens == 250);
    CHECK(resumed.total().output_tokens == 25);

    codex::Tokens untold;
    untold.take(told("t", 600, 100), false);
    untold.take(told("helper", 30, 30), false);
    CHECK(untold.total().input_tokens == 130);
    CHECK_FALSE(untold.total().cost_usd);
}

TEST_CASE("counts that are none are ignored", "[unit][agent]") {
    codex::Tokens tokens;
    tokens.take({{"tokenUsage", {{"total", {{"inputTokens", -1}, {"outputTokens", 1}}}}}}, false);
    tokens.take({{"tokenUsage", {{"total", {{"inputTokens", 1.5}, {"outputTokens", 1}}}}}}, false);
    tokens.take({{"tokenUsage", 3}}, false);
    CHECK(tokens.total().input_tokens == 0);
}
