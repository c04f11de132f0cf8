#include "engine/outbox.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

// What is due and was left is a rival's, or waits for its turn.
constexpr base::Millis left_poll{1000};

} // namespace

Outbox::Outbox(boost::asio::io_context& loop, notify::OutboxStore& store, notify::Sender& sender)
    : store_(store), sender_(sender), next_look_(loop), next_delete_(loop) {}

void Outbox::start() {
    wake();
    delete_old();
}

void Outbox::wake() {
    if (stopped_) return;
    if (looking_) {
        look_again_ = true;
        return;
    }
    looking_ = true;
    look_again_ = false;
    store_.take(room_, [this](const notify::Taken& taken) { took(taken); });
}

void Outbox::took(const notify::Taken& taken) {
    looking_ = false;
    if (stopped_) return; // they are due again when their time with us is over
    for (const auto& notification : taken.notifications) send(notification);
    if (look_again_) return wake();
    wait_for_next(taken);
}

void Outbox::wait_for_next(const notify::Taken& taken) {
    base::Millis pause = slow_poll;
    if (taken.next_due_at) {
        const auto due_in =
            std::chrono::ceil<base::Millis>(*taken.next_due_at - taken.database_now);
        pause = std::clamp(due_in, left_poll, pause);
    }
    next_look_.expires_after(pause);
    next_look_.async_wait([this](const boost::system::error_code& error) {
        if (!error) wake();
    });
}

void Outbox::send(const notify::Notification& notification) {
    --room_for(notification.channel);
    if (notify::is_stale(notification))
        return sent(notification,
                    {notify::Verdict::hopeless, "too late to be of use", std::nullopt});
    sender_.send(notification, [this, notification](const notify::TryResult& result) {
        sent(notification, result);
    });
}

void Outbox::sent(const notify::Notification& notification, const notify::TryResult& result) {
    ++room_for(notification.channel);
    if (result.verdict == notify::Verdict::delivered) {
        store_.delivered(notification);
        spdlog::info("notification delivered id={} event={}", notification.id, notification.event);
        return wake();
    }
    const auto random = std::uniform_real_distribution<>()(random_);
    const auto after = notify::next_try_after(notification, result, random);
    store_.failed(notification, after, result.error);
    if (after)
        spdlog::warn("notification failed id={} event={} try={} next_in={}s: {}", notification.id,
                     notification.event, notification.attempts, after->count() / 1000,
                     result.error);
    else
        spdlog::error("notification given up id={} event={} tries={}: {}", notification.id,
                      notification.event, notification.attempts, result.error);
    wake();
}

void Outbox::delete_old() {
    store_.delete_old([this](bool more) {
        if (stopped_) return;
        if (more) return delete_old();
        next_delete_.expires_after(delete_every);
        next_delete_.async_wait([this](const boost::system::error_code& error) {
            if (!error) delete_old();
        });
    });
}

int& Outbox::room_for(notify::Channel channel) {
    return channel == notify::Channel::command ? room_.commands : room_.calls;
}

void Outbox::stop() {
    stopped_ = true;
    next_look_.cancel();
    next_delete_.cancel();
}

} // namespace agentcron::engine
