// What the sending of notifications needs of storage. Calls are made on the loop thread and
// complete by callback on the loop thread; while the database is away they wait.
#pragma once

#include "notify/notification.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace agentcron::notify {

// How many of each kind the sender has room for.
struct Room {
    int calls = 0; // webhooks and pings
    int commands = 0;
};

struct Taken {
    std::vector<Notification> notifications;
    std::optional<base::Instant> next_due_at; // the earliest of the others; none: no others
    base::Instant database_now{};
};

class OutboxStore {
public:
    virtual ~OutboxStore() = default;
    // Gives due rows to this sender alone, for a time that is longer than any try.
    virtual void take(Room room, std::function<void(Taken)> then) = 0;
    virtual void delivered(const Notification& notification) = 0;
    // `after`: until the next try; nullopt: given up.
    virtual void failed(const Notification& notification, std::optional<base::Millis> after,
                        std::string error) = 0;
    // Deletes some of the rows that are done for long; true: there may be more.
    virtual void delete_old(std::function<void(bool more)> then) = 0;
};

} // namespace agentcron::notify
