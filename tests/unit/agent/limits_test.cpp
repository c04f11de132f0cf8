#include "agent/limits.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>

using namespace agentcron::agent;
using agentcron::base::Instant;
using agentcron::base::Seconds;
using Kind = Limit::Kind;

namespace {

const Instant now{Seconds(1'795'000'000)};

std::optional<Limit> of(std::string_view words) {
    return limit_from_words(words, now);
}

Limit line(std::string_view text) {
    return limit_from(boost::json::parse(text).as_object());
}

} // namespace

TEST_CASE("the words for a usage limit are known, and when it ends", "[unit][agent][limits]") {
    for (const auto* words : {"exceeded retry limit, last status: 429 Too Many Requests",
                              "You've hit your 5-hour limit \u00b7 resets 12:06am (UTC)",
                              "API Error: Repeated 529 Overloaded errors",
                              "Selected model is at capacity. Please try a different model.",
                              "[API Error: RESOURCE_EXHAUSTED]"}) {
        CAPTURE(words);
        REQUIRE(of(words));
        CHECK(of(words)->kind == Kind::usage);
        CHECK_FALSE(of(words)->until);
    }
    const auto old = of("Claude AI usage limit reached|1795003600");
    REQUIRE(old);
    CHECK(old->until == now + Seconds(3600));
    CHECK(old->words == "Claude AI usage limit reached");
    CHECK_FALSE(of("usage limit reached|17")->until);
    CHECK(of("You've hit your usage limit. Try again in 3 days 4 hours 5 minutes.")->until ==
          now + Seconds(3 * 86'400 + 4 * 3'600 + 5 * 60));
    CHECK(of("Usage limit: try again in 1 day, 20 mins")->until == now + Seconds(86'400 + 1'200));
    CHECK_FALSE(of("Usage limit: try again in 99999999999 days")->until);
    CHECK_FALSE(of("Usage limit: try again in a while")->until);
}

TEST_CASE("the words for a missing login are known", "[unit][agent][limits]") {
    for (const auto* words :
         {"Not logged in \u00b7 Please run /login", "Invalid API key \u00b7 Fix external API key",
          "unexpected status 401 Unauthorized: invalid_api_key, url: http://x",
          "Missing environment variable: `OPENAI_API_KEY`.", "Credit balance is too low"}) {
        CAPTURE(words);
        REQUIRE(of(words));
        CHECK(of(words)->kind == Kind::login);
    }
}

TEST_CASE("other errors are no limits", "[unit][agent][limits]") {
    for (const auto* words : {"", "API Error: 400 the request was invalid", "exit 1",
                              "Missing environment variable: `HOME`.",
                              "We're currently experiencing high demand", "prompt is too long"}) {
        CAPTURE(words);
        CHECK_FALSE(of(words));
    }
    CHECK_FALSE(limit_from_status(400));
    CHECK_FALSE(limit_from_status(500));
    CHECK(limit_from_status(401)->kind == Kind::login);
    CHECK(limit_from_status(429)->kind == Kind::usage);
    CHECK(limit_from_status(529)->kind == Kind::usage);
    CHECK(limit_from_kind("rate_limit")->kind == Kind::usage);
    CHECK(limit_from_kind("billing_error")->kind == Kind::login);
    CHECK_FALSE(limit_from_kind("invalid_request"));
}

TEST_CASE("a line of the open protocol tells of a limit", "[unit][agent][limits]") {
    const auto limit = line(R"({"type":"limit","until":"2026-11-18T12:06:40Z","text":"no more"})");
    CHECK(limit.kind == Kind::usage);
    CHECK(limit.until == now + Seconds(3600));
    CHECK(limit.words == "no more");
    CHECK(line(R"({"type":"limit","until":1795003600})").until == now + Seconds(3600));
    CHECK(line(R"({"type":"limit","kind":"auth"})").kind == Kind::login);
    CHECK(line(R"({"type":"limit","kind":"usage_limit"})").kind == Kind::usage);
    for (const auto* text : {R"({"until":"soon"})", R"({"until":[1]})", R"({"until":-5})", "{}"})
        CHECK_FALSE(line(text).until);
}

TEST_CASE("only a failure has a limit as its cause", "[unit][agent][limits]") {
    using Verdict = agentcron::agent::Verdict;
    const Limit limit{Kind::usage, now, ""};
    const Verdict failed{Verdict::Kind::failed, "exit_code", "exited with code 1"};
    CHECK(because_of(limit, failed).kind == Verdict::Kind::limited);
    CHECK(because_of(limit, failed).until == now);
    CHECK(because_of(limit, failed).message == "exited with code 1");
    CHECK(because_of(Limit{Kind::login}, failed).kind == Verdict::Kind::login_needed);
    CHECK(because_of(std::nullopt, failed).kind == Verdict::Kind::failed);
    const Verdict good{Verdict::Kind::succeeded, "", ""};
    CHECK(because_of(limit, good).kind == Verdict::Kind::succeeded);
}
