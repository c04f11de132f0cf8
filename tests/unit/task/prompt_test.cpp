#include "task/prompt.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>

using namespace agentcron::task;

namespace {

PromptValues values() {
    return {.schedule = "nightly",
            .fire_time = "2026-03-29T01:00:00Z",
            .task_id = 42,
            .last_success_at = "never",
            .workspace = "",
            .branch = "",
            .params = {{"branch", "main"}, {"count", 3}, {"list", {"a", "b"}}, {"two words", "x"}},
            .results = {{"parse", {{"pages", 3}, {"title", "On {{dots}}"}, {"a.b", {{"c", true}}}}},
                        {"up.stream", {1, 2}},
                        {"word", "yes"}}};
}

std::string rendered(std::string_view text) {
    const auto result = render_prompt(text, values());
    CAPTURE(text);
    REQUIRE(result.has_value());
    CHECK(check_prompt(text, values().params).empty());
    return *result;
}

} // namespace

TEST_CASE("values are filled into a prompt", "[unit][task]") {
    CHECK(rendered("") == "");
    CHECK(rendered("no values, {one} brace }}") == "no values, {one} brace }}");
    CHECK(rendered("{{schedule}} at {{fire_time}}: {{task_id}}, {{last_success_at}}") ==
          "nightly at 2026-03-29T01:00:00Z: 42, never");
    CHECK(rendered("{{ schedule }}{{\tschedule}}") == "nightlynightly");
    CHECK(rendered("on {{params.branch}}") == "on main");
    CHECK(rendered("{{params.count}} {{params.list}} {{params.two words}}") == R"(3 ["a","b"] x)");
}

TEST_CASE("a plain pair of braces is written twice", "[unit][task]") {
    CHECK(rendered("{{{{schedule}}") == "{{schedule}}");
    CHECK(rendered("{{{{") == "{{");
    CHECK(rendered("{{{{{{{{") == "{{{{");
    CHECK(rendered("{{{{{{schedule}}") == "{{nightly");
    CHECK(rendered(R"({"a":{"b":1}})") == R"({"a":{"b":1}})");
}

TEST_CASE("a value's own braces are not read again", "[unit][task]") {
    PromptValues tricky = values();
    tricky.params = {{"branch", "{{task_id}}"}};
    CHECK(*render_prompt("{{params.branch}}", tricky) == "{{task_id}}");
}

TEST_CASE("an unknown name is an error with a suggestion", "[unit][task]") {
    const auto errors =
        check_prompt("{{schedul}} and {{params.brnch}} and {{branc}}", values().params);
    REQUIRE(errors.size() == 3);
    CHECK(errors[0].offset == 0);
    CHECK_THAT(errors[0].message,
               Catch::StartsWith("unknown value 'schedul'; known are schedule,"));
    CHECK_THAT(errors[0].message, Catch::EndsWith("; did you mean 'schedule'?"));
    CHECK(errors[1].offset == 16);
    CHECK_THAT(errors[1].message, Catch::EndsWith("; did you mean 'params.branch'?"));
    CHECK_THAT(errors[2].message, Catch::EndsWith("; did you mean 'branch'?"));
}

TEST_CASE("braces that start no name are an error", "[unit][task]") {
    for (const auto* text : {"a {{", "a {{}}", "a {{ }}", "a {{schedule", "a {{schedule}",
                             "a {{schedule\n}}", "a {{{schedule}}}", "a {{sche{dule}}"}) {
        CAPTURE(text);
        const auto result = render_prompt(text, values());
        REQUIRE_FALSE(result.has_value());
        CHECK(result.error().offset == 2);
        CHECK_THAT(result.error().message, Catch::Contains("write '{{{{'"));
        CHECK_FALSE(check_prompt(text, values().params).empty());
    }
}

TEST_CASE("every error of a prompt is told at once", "[unit][task]") {
    const auto errors = check_prompt("{{x {{nope}} {{schedule}} {{", {});
    REQUIRE(errors.size() == 3);
    CHECK(errors[0].offset == 0);
    CHECK(errors[1].offset == 4);
    CHECK(errors[2].offset == 26);
}

TEST_CASE("results of earlier steps are filled in, whole or by member", "[unit][task]") {
    CHECK(rendered("{{results.word}} {{results.parse.pages}} {{results.up.stream}}") ==
          "yes 3 [1,2]");
    CHECK(rendered("{{results.parse.title}}") == "On {{dots}}");
    CHECK(rendered("{{results.parse.a.b}} {{results.parse.a.b.c}}") == R"({"c":true} true)");
    CHECK_THAT(rendered("{{results.parse}}"), Catch::StartsWith(R"({"pages":3,)"));
}

TEST_CASE("a result that is not there is an error that names what is", "[unit][task]") {
    struct Case {
        const char* text;
        const char* known;
    };
    for (const Case& c : {
             Case{"{{results.pars}}", "results.parse, results.up.stream, results.word; did you "
                                      "mean 'results.parse'?"},
             Case{"{{results.parse.pags}}", "results.parse.pages, results.parse.title, "
                                            "results.parse.a.b; did you mean "
                                            "'results.parse.pages'?"},
             Case{"{{results.word.length}}", "results.parse, results.up.stream, results.word"},
             Case{"{{results.}}", "results.parse, results.up.stream, results.word"},
         }) {
        CAPTURE(c.text);
        const auto result = render_prompt(c.text, values());
        REQUIRE_FALSE(result.has_value());
        CHECK_THAT(result.error().message, Catch::Contains(c.known));
    }
}

TEST_CASE("a declaration may name any result, or only those that will exist", "[unit][task]") {
    CHECK(check_prompt("{{results.anything.at all}}", {}).empty());
    CHECK_FALSE(check_prompt("{{results.}}", {}).empty());
    const std::vector<std::string> names{"parse", "up.stream"};
    CHECK(check_prompt("{{results.parse}}{{results.parse.x}}{{results.up.stream.y}}", {}, &names)
              .empty());
    const auto errors = check_prompt("{{results.prase}} {{results.parsed}}", {}, &names);
    REQUIRE(errors.size() == 2);
    CHECK_THAT(errors[0].message, Catch::Contains("results.parse, results.up.stream"));
    CHECK_THAT(errors[0].message, Catch::EndsWith("; did you mean 'results.parse'?"));
    const std::vector<std::string> none;
    CHECK(check_prompt("{{results.parse}}", {}, &none).size() == 1);
}

TEST_CASE("the rows of a query are pasted into a prompt as they are", "[unit][task]") {
    PromptValues with = values();
    with.context["mail"] = R"([{"price":1.50,"said":"{{schedule}}"}])";
    CHECK(*render_prompt("Mail: {{context.mail}}", with) ==
          R"(Mail: [{"price":1.50,"said":"{{schedule}}"}])");
    CHECK_FALSE(render_prompt("{{context.post}}", with).has_value());
    CHECK(check_prompt("{{context.mail}}", {}, nullptr, {{"mail", "select 1"}}).empty());
    const auto errors = check_prompt("{{context.mial}}", {}, nullptr, {{"mail", "select 1"}});
    REQUIRE(errors.size() == 1);
    CHECK_THAT(errors[0].message, Catch::EndsWith("did you mean 'context.mail'?"));
    CHECK(context_in("{{context.b}} {{context.a}} {{schedule}} {{context.b}}") ==
          std::vector<std::string>{"a", "b"});
}

TEST_CASE("the names of a query are bound, in their order", "[unit][task]") {
    PromptValues at = values();
    at.last_success_at = "";
    at.params["none"] = nullptr;
    const auto bound = bind_query("select {{params.branch}}, {{params.count}}::int + {{task_id}} "
                                  "where {{last_success_at}} is null or {{params.none}} > '{{{{'",
                                  at);
    REQUIRE(bound.has_value());
    CHECK(bound->sql == "select $1, $2::int + $3 where $4 is null or $5 > '{{'");
    using Values = std::vector<std::optional<std::string>>;
    CHECK(bound->values == Values{"main", "3", "42", std::nullopt, std::nullopt});
}

TEST_CASE("a query knows no other query, and no name stands in quotes", "[unit][task]") {
    PromptValues with = values();
    with.context["mail"] = "[]";
    CHECK_FALSE(bind_query("select {{context.mail}}", with).has_value());
    for (const char* sql : {"select '{{params.branch}}'", "select \"{{params.branch}}\""}) {
        const auto errors = check_query(sql, values().params);
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].offset == 8);
        CHECK_THAT(errors[0].message, Catch::Contains("write {{params.branch}} without quotes"));
        CHECK_FALSE(bind_query(sql, values()).has_value());
    }
    CHECK(check_query("select {{nope}}", {}).size() == 1);
}
