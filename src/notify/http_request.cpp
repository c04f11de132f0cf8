#include "notify/http_request.hpp"

#include "notify/signature.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::notify {

HttpRequest webhook_request(const Notification& notification, const std::string& url,
                            const std::optional<std::string>& key, base::Instant now) {
    const auto timestamp = std::chrono::floor<base::Seconds>(now).time_since_epoch().count();
    HttpRequest request{.url = url,
                        .is_post = true,
                        .headers = {"Content-Type: application/json",
                                    fmt::format("webhook-id: {}", notification.id),
                                    fmt::format("webhook-timestamp: {}", timestamp)},
                        .body = notification.payload,
                        .follows_redirects = false};
    if (key)
        request.headers.push_back(fmt::format(
            "webhook-signature: {}", sign(*key, notification.id, timestamp, notification.payload)));
    return request;
}

HttpRequest ping_request(const std::string& url) {
    return {.url = url, .is_post = false, .headers = {}, .body = "", .follows_redirects = true};
}

} // namespace agentcron::notify
