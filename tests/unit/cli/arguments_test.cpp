#include "cli/arguments.hpp"
#include "cli/errors.hpp"
#include "support/catch.hpp"

using namespace agentcron::cli;

TEST_CASE("a task id is a number from 1", "[unit][cli]") {
    CHECK(task_id_from("17") == 17);
    for (const char* text : {"", "0", "-1", "1.5", "17x", "x", "99999999999999999999"}) {
        INFO(text);
        CHECK_THROWS_AS(task_id_from(text), UsageError);
    }
}

TEST_CASE("parameters are laid over the JSON object", "[unit][cli]") {
    CHECK(params_from({}, "") == "{}");
    CHECK(params_from({"repo=app", "note=a=b", "empty="}, R"({"repo":1,"n":2})") ==
          R"({"repo":"app","n":2,"note":"a=b","empty":""})");
}

TEST_CASE("parameters that cannot be read are refused", "[unit][cli]") {
    CHECK_THROWS_AS(params_from({"repo"}, ""), UsageError);
    CHECK_THROWS_AS(params_from({"=x"}, ""), UsageError);
    CHECK_THROWS_AS(params_from({"a=1", "a=2"}, ""), UsageError);
    CHECK_THROWS_AS(params_from({}, "[1]"), UsageError);
    CHECK_THROWS_AS(params_from({}, "{"), UsageError);
}
