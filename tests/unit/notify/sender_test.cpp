#include "notify/sender.hpp"

#include "support/catch.hpp"

#include <algorithm>

using namespace agentcron::notify;

namespace {

bool has(const Command& command, const std::string& variable) {
    return std::find(command.environment.begin(), command.environment.end(), variable) !=
           command.environment.end();
}

} // namespace

TEST_CASE("a command gets the payload on stdin and its parts as variables", "[unit][notify]") {
    Notification notification;
    notification.id = "5b0c";
    notification.event = "failed";
    notification.payload = R"json({"schedule":"nightly","task_id":42,)json"
                           R"json("text":"nightly failed: exit code 1 (task 42)"})json";
    const auto command = command_of(notification, {"mail"}, {"PATH=/bin", "AGENTCRON_TASK_ID=0"});
    CHECK(command.argv == std::vector<std::string>{"mail"});
    CHECK(command.stdin_text == notification.payload);
    CHECK(has(command, "PATH=/bin"));
    CHECK(has(command, "AGENTCRON_EVENT=failed"));
    CHECK(has(command, "AGENTCRON_SCHEDULE=nightly"));
    CHECK(has(command, "AGENTCRON_TASK_ID=42"));
    CHECK(has(command, "AGENTCRON_MESSAGE=nightly failed: exit code 1 (task 42)"));
    CHECK(has(command, "AGENTCRON_NOTIFICATION_ID=5b0c"));
    CHECK(command.environment.size() == 6);
}

TEST_CASE("what a payload does not say is an empty variable", "[unit][notify]") {
    Notification notification;
    notification.payload = R"({"task_id":null})";
    const auto command = command_of(notification, {"mail"}, {});
    CHECK(has(command, "AGENTCRON_TASK_ID="));
    CHECK(has(command, "AGENTCRON_MESSAGE="));
}
