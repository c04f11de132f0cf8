#include "agent/claude_usage.hpp"

#include "claude_replies.hpp"

using namespace agentcron::agent;
using claude::Meter;

namespace {

json::object parsed(std::string_view text) {
    return json::parse(text).as_object();
}

json::object response(std::string_view id) {
    return parsed(R"({"model":"m","usage":{"input_tokens":100,"cache_read_input_tokens":30,)"
                  R"("output_tokens":1},"id":")" +
                  std::string(id) + "\"}");
}

json::object cost(std::string_view dollars) {
    return {{"text", "Estimated cost:   $" + std::string(dollars) + "\nTotal duration: 5s\n"}};
}

const auto result = parsed(R"({"model_usage_since_last_result":{"m":{"inputTokens":200,)"
                           R"("outputTokens":20,"cacheReadInputTokens":60,"costUSD":0.5}}})");

} // namespace

TEST_CASE("responses count once, however many lines they have", "[unit][agent][claude]") {
    Meter meter;
    CHECK(meter.take_response(response("a")));
    CHECK_FALSE(meter.take_response(response("a")));
    CHECK(meter.take_response(response("b")));
    CHECK_FALSE(meter.take_response(parsed(R"({"model":"<synthetic>","id":"c"})")));
    CHECK(meter.usage().turns == 2);
    CHECK(meter.usage().input_tokens == 260);
    CHECK(meter.usage().output_tokens == 2);
    CHECK_FALSE(meter.usage().cost_usd);
}

TEST_CASE("a result tells what the responses before it really cost", "[unit][agent][claude]") {
    Meter meter;
    meter.take_response(response("a"));
    meter.take_result(result);
    CHECK(meter.usage().input_tokens == 260);
    CHECK(meter.usage().output_tokens == 20);
    CHECK(*meter.usage().cost_usd == Approx(0.5));
    CHECK(meter.usage().turns == 1);
    meter.take_response(response("b"));
    CHECK(meter.usage().input_tokens == 390);
    CHECK(meter.usage().turns == 2);
}

TEST_CASE("the cost in between is what was added since the process began",
          "[unit][agent][claude]") {
    Meter meter;
    CHECK(meter.take_cost(cost("1.2000"))); // of an earlier process
    CHECK_FALSE(meter.usage().cost_usd);
    meter.take_cost(cost("1.5000"));
    meter.take_cost(cost("1.7000"));
    CHECK(*meter.usage().cost_usd == Approx(0.5));
    meter.take_result(result);
    CHECK(*meter.usage().cost_usd == Approx(0.5));
    meter.take_cost(cost("1.7000"));
    meter.take_cost(cost("1.8000"));
    CHECK(*meter.usage().cost_usd == Approx(0.6));
    for (const auto* text : {"", "free of cost", "cost: $x", "cost\n$5"})
        CHECK_FALSE(meter.take_cost({{"text", text}}));
}

TEST_CASE("Claude Code is asked for its cost only where a budget needs it",
          "[unit][agent][claude]") {
    Brief brief = brief_with("work");
    CHECK(lines_of(make_driver("claude")->start(brief).stdin_bytes).size() == 2);
    brief.watch_cost = true;
    DriverRun run("claude");
    const auto lines = lines_of(run.driver().start(brief).stdin_bytes);
    REQUIRE(lines.size() == 3);
    CHECK(lines[1].at("request").at("subtype") == "get_session_cost");
    run.out(R"({"type":"assistant","message":{"id":"a","model":"m","content":[]}})"
            "\n");
    CHECK(only_line(run.driver().after_events()).at("request").at("subtype") == "get_session_cost");
}

TEST_CASE("the cost of the real Claude Code grows as it works", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript("claude-session-cost").play_all(run);
    std::vector<double> costs;
    for (const auto& usage : run.all<Usage>()) costs.push_back(usage.cost_usd.value_or(0));
    REQUIRE(costs.size() > 3);
    CHECK(std::is_sorted(costs.begin(), costs.end() - 1));
    CHECK(costs[costs.size() - 2] == Approx(costs.back()).margin(0.0001));
    CHECK(run.all<Usage>().back().turns == 3);
    CHECK(run.all<Usage>().back().input_tokens == 450);
}
