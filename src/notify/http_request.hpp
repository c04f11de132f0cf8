// The requests that notifications are. Pure.
#pragma once

#include "base/clock.hpp"
#include "notify/notification.hpp"

#include <optional>
#include <string>
#include <vector>

namespace agentcron::notify {

struct HttpRequest {
    std::string url;
    // POST of `body`; else GET.
    bool is_post = false;
    std::vector<std::string> headers; // "Name: value"
    std::string body;
    // To http and https only. A signed body is for whom it was signed for, so it never follows.
    bool follows_redirects = false;
};

// Signed if there is a key; `now` is the time that goes into the signature, by which receivers
// refuse replays.
HttpRequest webhook_request(const Notification& notification, const std::string& url,
                            const std::optional<std::string>& key, base::Instant now);

HttpRequest ping_request(const std::string& url);

} // namespace agentcron::notify
