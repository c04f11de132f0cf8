// Sends what the outbox holds: looks when hinted, when the next notification is due, and by a slow
// poll, for rows appear in transactions that announce nothing. Any number of these may share a
// database; the store gives each row to one of them at a time. Loop thread only.
//
// Each notification is sent at least once: a crash between the sending and the note of it has the
// row sent again, with the same id.
#pragma once

#include "base/clock.hpp"
#include "notify/outbox_store.hpp"
#include "notify/sender.hpp"

#include <boost/asio/steady_timer.hpp>
#include <random>

namespace agentcron::engine {

class Outbox {
public:
    static constexpr base::Seconds slow_poll{15};
    static constexpr base::Seconds delete_every{3600};
    // At once in this process.
    static constexpr notify::Room room_max{.calls = 32, .commands = 4};

    Outbox(boost::asio::io_context& loop, notify::OutboxStore& store, notify::Sender& sender);

    void start();
    // A hint that there is something to send.
    void wake();
    // Nothing more is begun; what is under way may still be noted.
    void stop();

private:
    void took(const notify::Taken& taken);
    void wait_for_next(const notify::Taken& taken);
    void send(const notify::Notification& notification);
    void sent(const notify::Notification& notification, const notify::TryResult& result);
    void delete_old();
    int& room_for(notify::Channel channel);

    notify::OutboxStore& store_;
    notify::Sender& sender_;
    boost::asio::steady_timer next_look_;
    boost::asio::steady_timer next_delete_;
    std::minstd_rand random_{std::random_device{}()};
    notify::Room room_ = room_max;
    bool looking_ = false;
    bool look_again_ = false; // a hint came while a look was under way
    bool stopped_ = false;
};

} // namespace agentcron::engine
