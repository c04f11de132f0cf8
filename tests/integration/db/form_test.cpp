// The check of a form's answer in SQL says what the one in C++ says.
#include "agent/answers.hpp"
#include "support/catch.hpp"
#include "support/test_cluster.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron;

namespace {

const char* schemas[] = {
    R"({"properties":{"env":{"type":"string","enum":["staging","production"]},
        "confirm":{"type":"boolean"},"count":{"type":"integer","minimum":1,"maximum":9},
        "share":{"type":"number"},"name":{"type":"string","minLength":2,"maxLength":4},
        "tags":{"type":"array","items":{"enum":["a","b"]}}},"required":["env"]})",
    R"({"properties":{"age":{"type":"integer"}},"required":["age"]})",
    R"({"properties":{"sure":{"type":"boolean"}}})",
    R"({"properties":{"size":{"oneOf":[{"const":"s","title":"Small"},{"const":"l"}]}}})",
    R"({"properties":{"odd":{"type":"colour"}}})",
    R"({})",
};

const char* answers[] = {
    R"({"env":"staging","confirm":true,"count":3,"share":0.5,"name":"abc","tags":["a"]})",
    R"({"env":"moon"})",
    R"({"env":"staging","confirm":"yes"})",
    R"({"env":"staging","count":1.5})",
    R"({"env":"staging","count":0})",
    R"({"env":"staging","count":10})",
    R"({"env":"staging","share":"x"})",
    R"({"env":"staging","name":"ä"})",
    R"({"env":"staging","name":"abcde"})",
    R"({"env":"staging","tags":["a","c"]})",
    R"({"env":"staging","tags":"a"})",
    R"({"env":null})",
    R"({"confirm":true})",
    R"({"age":42})",
    R"({"size":"s"})",
    R"({"size":"m"})",
    R"({"odd":1})",
    "42",
    " 42 ",
    "-1.5",
    "true",
    "yes",
    "s",
    "Decline",
    " no ",
    "[1]",
    "{}",
    "",
};

std::string fault_in_cpp(const char* schema, const char* answer) {
    const auto form = agent::form_from(schema, answer);
    return form ? "" : form.error();
}

} // namespace

TEST_CASE("SQL and C++ agree on what a form takes", "[integration][db][form]") {
    support::TestDatabase database;
    int faults = 0;
    for (const auto* schema : schemas) {
        for (const auto* answer : answers) {
            INFO(schema << "\n" << answer);
            const auto expected = fault_in_cpp(schema, answer);
            CHECK(database.value(fmt::format("select agentcron.form_fault($s${}$s$, $a${}$a$)",
                                             schema, answer)) == expected);
            faults += !expected.empty();
        }
    }
    CHECK(faults > 50); // both ways are tried
}

TEST_CASE("an answer that a form does not take is refused, and the question stays open",
          "[integration][db][form]") {
    support::TestDatabase database;
    database.execute(
        "insert into agentcron.tasks (schedule, agent, run_at, started_at, status, spec) "
        "values ('', 'a', now(), now(), 'waiting_for_input', '{}')");
    database.execute("insert into agentcron.questions (task_id, run_no, native_id, kind, headline, "
                     "fingerprint, schema) values (1, 1, 'q', 'form', 'Deploy where?', 'f', "
                     "'{\"properties\":{\"count\":{\"type\":\"integer\"}}}')");
    CHECK_THAT(database.refusal("select agentcron.answer(1, 'many')"),
               Catch::Contains("task 1: the form does not take this answer: count: expected a "
                               "whole number"));
    CHECK(database.value("select count(*) from agentcron.inbox") == "1");
    database.execute("select agentcron.answer(1, '3')");
    CHECK(database.value("select answer from agentcron.questions") == "3");
}
