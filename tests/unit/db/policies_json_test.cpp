#include "db/policies_json.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>

using namespace agentcron;
using namespace agentcron::db;
using base::Seconds;
using Texts = std::vector<std::string>;
namespace json = boost::json;

namespace {

std::string success_error(std::string_view text) {
    schedule::Success success;
    return read_success(text, success);
}
std::string notify_error(std::string_view text) {
    schedule::Notify notify;
    return read_notify(text, notify);
}
std::string steps_error(std::string_view text) {
    std::vector<schedule::Step> steps;
    return read_steps(text, steps);
}

} // namespace

TEST_CASE("a policy survives being stored", "[unit][db]") {
    const schedule::Success success{{0, 3}, true, {"test", "-s"}};
    schedule::Success success_back;
    REQUIRE(read_success(json::serialize(to_json(success)), success_back).empty());
    CHECK(success_back == success);

    const schedule::Notify notify{{"failed"},
                                  {"mail", "x"},
                                  "https://x",
                                  "/secret",
                                  {Seconds{60}, Seconds{3600}},
                                  schedule::Escalation{Seconds{5}, {"page"}, "https://y", "/s"}};
    schedule::Notify notify_back;
    REQUIRE(read_notify(json::serialize(to_json(notify)), notify_back).empty());
    CHECK(notify_back.on == notify.on);
    CHECK(notify_back.command == notify.command);
    CHECK(notify_back.webhook == notify.webhook);
    CHECK(notify_back.secret_file == notify.secret_file);
    CHECK(notify_back.reminders == notify.reminders);
    REQUIRE(notify_back.escalate.has_value());
    CHECK(to_json(notify_back) == to_json(notify));
}

TEST_CASE("a step survives being stored, without what it has by default", "[unit][db]") {
    std::vector<schedule::Step> steps(2);
    steps[0].name = "plain";
    schedule::Step& step = steps[1];
    step.name = "full";
    step.agent = "a";
    step.prompt = "p";
    step.params_json = R"({"x":null})";
    step.context = {{"mail", "select 1"}};
    step.timeout = Seconds{1};
    step.hold = Seconds{2};
    step.total_timeout = Seconds{3};
    step.stall_timeout = Seconds{4};
    step.input_timeout = Seconds{5};
    step.on_input_timeout = schedule::OnInputTimeout::use_default;
    step.on_lost = schedule::OnLost::fail;
    step.conversation = schedule::Conversation::go_on;
    step.max_limit_waits = 0;
    step.budget = {1.5, 40, 200'000};
    step.retry = {3, Seconds{6}, Seconds{7}, false, Texts{}, {9}};
    step.success = {{1}, true, {"c"}};
    const json::array stored = to_json(steps);
    CHECK(stored.at(0) == json::value{{"name", "plain"}});
    std::vector<schedule::Step> back;
    REQUIRE(read_steps(json::serialize(stored), back).empty());
    REQUIRE(back.size() == 2);
    CHECK(back[0].timeout == schedule::Step{}.timeout);
    CHECK(back[1].agent == "a");
    CHECK(back[1].params_json == step.params_json);
    CHECK(back[1].context == step.context);
    CHECK(back[1].on_input_timeout == step.on_input_timeout);
    CHECK(back[1].on_lost == step.on_lost);
    CHECK(back[1].conversation == step.conversation);
    CHECK(back[1].max_limit_waits == 0);
    CHECK(back[1].budget == step.budget);
    CHECK(back[1].retry == step.retry);
    CHECK(back[1].success == step.success);
    CHECK(to_json(back) == stored);
}

TEST_CASE("budgets of a task and of a day survive being stored", "[unit][db]") {
    const schedule::Budget task{1.5, {}, 1000}, day{10.0, 100, {}};
    CHECK(json::serialize(to_json(task, day)) ==
          R"({"cost_usd":1.5E0,"tokens":1000,"per_day":{"cost_usd":1E1,"turns":100}})");
    schedule::Budget task_back, day_back;
    REQUIRE(read_budget(json::serialize(to_json(task, day)), task_back, day_back).empty());
    CHECK(task_back == task);
    CHECK(day_back == day);
    CHECK(to_json(schedule::Budget{}, schedule::Budget{}).empty());
    const auto error = [](const std::string& text) {
        schedule::Budget one, other;
        return read_budget(text, one, other);
    };
    CHECK(error(R"({"cost": 1})") ==
          "unknown member 'cost'; expected cost_usd, turns, tokens, per_day");
    CHECK(error(R"({"cost_usd": 0})") == "cost_usd must be a number above 0");
    CHECK(error(R"({"per_day": {"turns": 1.5}})") == "per_day.turns must be a whole number from 1");
    CHECK(error(R"({"per_day": {"per_day": {}}})").starts_with("unknown member 'per_day.per_day'"));
}

TEST_CASE("any JSON is read or refused in words", "[unit][db]") {
    CHECK(success_error("[]") == "expected an object");
    CHECK(success_error(R"({"exit_code": 0})") ==
          "unknown member 'exit_code'; did you mean 'exit_codes'?");
    CHECK(success_error(R"({"exit_codes": "0"})") ==
          "exit_codes must be a list of whole numbers from 0");
    CHECK(success_error(R"({"exit_codes": [1e300]})") ==
          "exit_codes must be a list of whole numbers from 0");
    CHECK(success_error(R"({"result": 1, "check": null})") == "result must be true or false");
    CHECK(success_error(R"({"check": ["a", 1]})") == "check must be a list of strings");
    CHECK(notify_error("7") == "expected an object");
    CHECK(notify_error(R"({"on": "failed"})") == "on must be a list of strings");
    CHECK(notify_error(R"({"url": "x"})") ==
          "unknown member 'url'; expected on, command, webhook, secret_file, reminders, escalate");
    CHECK(notify_error(R"({"reminders": ["1h"]})") ==
          "reminders must be a list of whole numbers from 0");
    CHECK(
        notify_error(R"({"escalate": {"when": 1}})").starts_with("unknown member 'escalate.when'"));
    CHECK(notify_error(R"({"escalate": {"after": "1h"}})") ==
          "escalate.after must be whole seconds from 0");
    std::vector<std::pair<std::string, std::string>> context;
    CHECK(read_context(R"({"a": 1})", context) ==
          "expected the text of a query as the value of 'a'");
    CHECK(read_context(R"(["a"])", context) == "expected an object");
    CHECK(steps_error("{}") == "expected a list");
    CHECK(steps_error(R"([{"name": "a"}, 1])") == "step 2: expected an object");
    CHECK(steps_error(R"([{"name": []}])") == "step 1: name must be a string");
    CHECK(steps_error(R"([{"nam": "a"}])") == "step 1: unknown member 'nam'; did you mean 'name'?");
    CHECK(steps_error(R"([{"timeout": -1}])") == "step 1: timeout must be whole seconds from 0");
    CHECK(steps_error(R"([{"on_input_timeout": "x"}])") ==
          "step 1: on_input_timeout must be one of fail, default, continue");
    CHECK(steps_error(R"([{"on_lost": "x"}])") ==
          "step 1: on_lost must be one of retry, fail, ask");
    CHECK(steps_error(R"([{"conversation": "x"}])") ==
          "step 1: conversation must be one of fresh, continue");
    CHECK(steps_error(R"([{"retry": {"attempts": 0}}])")
              .starts_with("step 1: retry.attempts must be "));
    CHECK(steps_error(R"([{"retry": {"attempt": 1}}])") ==
          "step 1: unknown member 'retry.attempt'; did you mean 'attempts'?");
    CHECK(steps_error(R"([{"success": {"results": true}}])") ==
          "step 1: unknown member 'success.results'; did you mean 'result'?");
    CHECK(steps_error(std::string(1000, '[') + std::string(1000, ']'))
              .starts_with("not JSON that can be read"));
}
