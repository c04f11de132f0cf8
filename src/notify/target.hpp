// Where a notification goes: outbox.target, read and checked. Pure.
#pragma once

#include "base/result.hpp"
#include "notify/notification.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace agentcron::notify {

struct Target {
    std::string url;                  // of a webhook or ping; http or https
    std::string secret_file;          // "" = unsigned
    std::vector<std::string> command; // argv; not empty for a command
};

// The error names what the schedule's row should hold; it never shows a URL, which may be secret.
base::Result<Target, std::string> target_from(Channel channel, std::string_view json);

} // namespace agentcron::notify
