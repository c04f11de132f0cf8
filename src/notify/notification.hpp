// One notification on its way: a row of the outbox as a sender takes it.
#pragma once

#include "base/clock.hpp"

#include <string>

namespace agentcron::notify {

enum class Channel { command, webhook, ping };

struct Notification {
    std::string id; // the idempotency key, the same in every try
    std::string event;
    Channel channel = Channel::webhook;
    std::string target;  // JSON, read by target_from
    std::string payload; // JSON, sent byte for byte
    int attempts = 0;    // with the one that is under way
    // By the database's clock.
    base::Instant created_at{};
    base::Instant first_tried_at{};
    base::Instant taken_at{}; // for the try that is under way
};

} // namespace agentcron::notify
