#include "notify/http_request.hpp"

#include "support/catch.hpp"

using namespace agentcron::notify;
using agentcron::base::Instant;
using agentcron::base::Seconds;

TEST_CASE("a webhook is the payload with its id, the time and a signature over both",
          "[unit][notify]") {
    Notification notification;
    notification.id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    notification.payload = R"({"test": 2432232314})";
    const Instant now = Instant(Seconds(1614265330)) + std::chrono::microseconds(999'999);
    const std::string key = "key";
    const auto request = webhook_request(notification, "https://h/", key, now);
    CHECK(request.is_post);
    CHECK(request.body == notification.payload);
    CHECK_FALSE(request.follows_redirects);
    REQUIRE(request.headers.size() == 4);
    CHECK(request.headers[0] == "Content-Type: application/json");
    CHECK(request.headers[1] == "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek");
    CHECK(request.headers[2] == "webhook-timestamp: 1614265330");
    CHECK(request.headers[3].starts_with("webhook-signature: v1,"));
}

TEST_CASE("without a key a webhook is not signed", "[unit][notify]") {
    const auto request = webhook_request({}, "https://h/", std::nullopt, {});
    CHECK(request.headers.size() == 3);
}

TEST_CASE("a ping is a plain GET", "[unit][notify]") {
    const auto request = ping_request("https://h/x");
    CHECK_FALSE(request.is_post);
    CHECK(request.url == "https://h/x");
    CHECK(request.headers.empty());
    CHECK(request.body.empty());
}
