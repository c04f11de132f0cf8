#include "notify/target.hpp"

#include "support/catch.hpp"

using namespace agentcron::notify;

TEST_CASE("a target is read for its channel", "[unit][notify]") {
    const auto command = target_from(Channel::command, R"({"command":["mail","-s","x y"]})");
    REQUIRE(command.has_value());
    CHECK(command->command == std::vector<std::string>{"mail", "-s", "x y"});
    const auto webhook =
        target_from(Channel::webhook, R"({"url":"HTTPS://a/b","secret_file":"/etc/s"})");
    REQUIRE(webhook.has_value());
    CHECK(webhook->url == "HTTPS://a/b");
    CHECK(webhook->secret_file == "/etc/s");
    CHECK(target_from(Channel::ping, R"({"url":"http://h"})")->secret_file.empty());
}

TEST_CASE("a target that cannot be used says what it should hold, and shows no URL",
          "[unit][notify]") {
    const auto error = [](Channel channel, std::string_view json) {
        const auto target = target_from(channel, json);
        REQUIRE_FALSE(target.has_value());
        CHECK(target.error().find("token") == std::string::npos);
        return target.error();
    };
    CHECK(error(Channel::command, R"({"command":"mail"})").starts_with("command must be"));
    CHECK(error(Channel::command, R"({"command":[]})").starts_with("command: expected"));
    CHECK(error(Channel::command, R"({"command":[""]})").starts_with("command: expected"));
    CHECK(error(Channel::webhook, "{}").starts_with("webhook: expected"));
    CHECK(error(Channel::webhook, R"({"url":"ftp://token"})").starts_with("webhook: expected"));
    CHECK(error(Channel::webhook, R"({"url":"https://"})").starts_with("webhook: expected"));
    CHECK(error(Channel::ping, R"({"url":"file:///token"})").starts_with("heartbeat: expected"));
    CHECK(error(Channel::webhook, R"({"url":"https://)" + std::string(9000, 'x') + "\"}")
              .starts_with("webhook: expected"));
    CHECK(error(Channel::ping, "[]") == "the target is no JSON object");
    CHECK(error(Channel::ping, "{") == "the target is no JSON object");
}
