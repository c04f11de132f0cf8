#include "task/spec.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>

using namespace agentcron::task;
using agentcron::base::Seconds;

TEST_CASE("a spec survives being stored", "[unit][task]") {
    Spec spec;
    spec.prompt = "say \"hi\"\nto {{params.name}} \xE2\x82\xAC";
    spec.params = {{"name", "Ada"}, {"deep", {{"list", {1, 2.5, nullptr, true}}}}};
    spec.context = {{"mail", "select 1"}};
    spec.timeout = Seconds{2'700};
    spec.hold = Seconds{0};
    spec.total_timeout = Seconds{1};
    spec.stall_timeout = Seconds{2};
    spec.queue_timeout = Seconds{3};
    spec.input_timeout = Seconds{4};
    spec.on_input_timeout = OnInputTimeout::go_on;
    spec.on_lost = OnLost::ask;
    spec.continues_conversation = true;
    spec.max_limit_waits = 0;
    spec.budget = {1.5, 40, 200'000};
    spec.retry = {.attempts = 3, .backoff = Seconds{60}, .max_backoff = Seconds{600}};
    spec.retry.jitter = false;
    spec.retry.on = {Reason::lost, Reason::spawn};
    spec.retry.never_on_exit = {2};
    spec.success = {{0, 1}, true, {"check", "it"}};

    const auto back = spec_from_json(to_json(spec));
    REQUIRE(back.has_value());
    CHECK(back->prompt == spec.prompt);
    CHECK(back->params == spec.params);
    CHECK(back->context == spec.context);
    CHECK(back->timeout == spec.timeout);
    CHECK(back->hold == spec.hold);
    CHECK(back->continues_conversation);
    CHECK(back->max_limit_waits == 0);
    CHECK(back->budget.tokens == 200'000);
    CHECK(back->retry.attempts == 3);
    CHECK(back->retry.backoff == Seconds{60});
    CHECK(back->retry.max_backoff == Seconds{600});
    CHECK(back->retry.on == spec.retry.on);
    CHECK(back->success.check == spec.success.check);
    CHECK(to_json(*back) == to_json(spec));
}

TEST_CASE("the stored form has these members", "[unit][task]") {
    CHECK(to_json(Spec{}) ==
          R"({"prompt":"","params":{},"context":{},"timeout":3600,"hold":600,"total_timeout":0,)"
          R"("stall_timeout":0,"queue_timeout":0,"input_timeout":0,"on_input_timeout":"fail",)"
          R"("on_lost":"retry",)"
          R"("conversation":"fresh",)"
          R"("max_limit_waits":5,"budget":{},)"
          R"("retry":{"attempts":1,"backoff":30,"max_backoff":3600,"jitter":true,)"
          R"("never_on_exit":[]},"success":{"exit_codes":[0],"result":false,"check":[]}})");
}

TEST_CASE("absent and null members take their defaults", "[unit][task]") {
    for (const auto* text : {"{}", R"({"prompt":null,"params":null,"retry":null})",
                             R"({"retry":{"backoff":null},"of a newer version":[1]})"}) {
        const auto spec = spec_from_json(text);
        REQUIRE(spec.has_value());
        CHECK(to_json(*spec) == to_json(Spec{}));
    }
    CHECK(spec_from_json(R"({"timeout":60.0})")->timeout == Seconds{60});
}

TEST_CASE("a wrong spec names the member", "[unit][task]") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "not JSON"},
        {"[]", "must be a JSON object"},
        {R"({"prompt":1})", "prompt must be a string"},
        {R"({"params":[]})", "params must be an object"},
        {R"({"timeout":-1})", "timeout must be whole seconds"},
        {R"({"timeout":1.5})", "timeout must be whole seconds"},
        {R"({"timeout":"1h"})", "timeout must be whole seconds"},
        {R"({"hold":1e300})", "hold must be whole seconds"},
        {R"({"max_limit_waits":-1})", "max_limit_waits must be a whole number from 0"},
        {R"({"budget":7})", "budget must be an object"},
        {R"({"budget":{"turns":0}})", "budget.turns must be a whole number from 1"},
        {R"({"retry":3})", "retry must be an object"},
        {R"({"retry":{"attempts":0}})", "retry.attempts must be a whole number from 1"},
        {R"({"retry":{"backoff":true}})", "retry.backoff must be whole seconds"},
        {std::string(100'000, '['), "not JSON"},
    };
    for (const auto& [text, message] : cases) {
        const auto spec = spec_from_json(text);
        REQUIRE_FALSE(spec.has_value());
        CHECK_THAT(spec.error(), Catch::Contains(message));
    }
}
