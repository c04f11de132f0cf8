// notify::OutboxStore on PostgreSQL, with one session of its own.
#pragma once

#include "db/database_thread.hpp"
#include "notify/outbox_store.hpp"

namespace agentcron::db {

class PgOutboxStore final : public notify::OutboxStore {
public:
    // For how long a sender has a row to itself: longer than any try and the note of it.
    static constexpr base::Seconds taken_for{180};

    PgOutboxStore(boost::asio::io_context& loop, const std::string& conninfo,
                  std::function<void(bool, std::string)> on_state);

    void take(notify::Room room, std::function<void(notify::Taken)> then) override;
    void delivered(const notify::Notification& notification) override;
    void failed(const notify::Notification& notification, std::optional<base::Millis> after,
                std::string error) override;
    void delete_old(std::function<void(bool more)> then) override;

private:
    DatabaseThread thread_;
};

} // namespace agentcron::db
