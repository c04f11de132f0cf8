#include "task/spec.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>

using namespace agentcron::task;
using agentcron::base::Seconds;

TEST_CASE("a spec survives being stored", "[unit][task]") {
    Spec spec;
    spec.prompt = "say \"hi\"\nto {{params.name}} \xE2\x82\xAC";
    spec.params = {{"name", "Ada"}, {"deep", {{"list", {1, 2.5, nullptr, true}}}}};
    spec.timeout = Seconds{2'700};
    spec.hold = Seconds{0};
    spec.retry = {.attempts = 3, .backoff = Seconds{60}, .max_backoff = Seconds{600}};

    const auto back = spec_from_json(to_json(spec));
    REQUIRE(back.has_value());
    CHECK(back->prompt == spec.prompt);
    CHECK(back->params == spec.params);
    CHECK(back->timeout == spec.timeout);
    CHECK(back->hold == spec.hold);
    CHECK(back->retry.attempts == 3);
    CHECK(back->retry.backoff == Seconds{60});
    CHECK(back->retry.max_backoff == Seconds{600});
}

TEST_CASE("the stored form has these members", "[unit][task]") {
    CHECK(to_json(Spec{}) == R"({"prompt":"","params":{},"timeout":3600,"hold":600,)"
                             R"("retry":{"attempts":1,"backoff":30,"max_backoff":3600}})");
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
