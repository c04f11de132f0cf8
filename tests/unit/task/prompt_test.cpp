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
            .params = {{"branch", "main"}, {"count", 3}, {"list", {"a", "b"}}, {"two words", "x"}}};
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
        check_prompt("{{schedul}} and {{params.brnch}} and {{branch}}", values().params);
    REQUIRE(errors.size() == 3);
    CHECK(errors[0].offset == 0);
    CHECK_THAT(errors[0].message,
               Catch::StartsWith("unknown value 'schedul'; known are schedule,"));
    CHECK_THAT(errors[0].message, Catch::EndsWith("; did you mean 'schedule'?"));
    CHECK(errors[1].offset == 16);
    CHECK_THAT(errors[1].message, Catch::EndsWith("; did you mean 'params.branch'?"));
    CHECK_THAT(errors[2].message, Catch::EndsWith("; did you mean 'params.branch'?"));
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
