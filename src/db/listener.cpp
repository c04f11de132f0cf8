#include "db/listener.hpp"

#include "base/signals_blocked.hpp"
#include "db/connection.hpp"

#include <boost/asio/post.hpp>
#include <poll.h>
#include <random>
#include <sys/eventfd.h>

namespace agentcron::db {
namespace {

using OnHint = std::function<void(const std::string&, const std::string&)>;

class Receiver final : public pqxx::notification_receiver {
public:
    Receiver(pqxx::connection& connection, const std::string& channel, const OnHint& on_hint)
        : pqxx::notification_receiver(connection, channel), on_hint_(on_hint) {}
    void operator()(const std::string& payload, int) override { on_hint_(channel(), payload); }

private:
    const OnHint& on_hint_;
};

} // namespace

Listener::Listener(boost::asio::io_context& loop, std::string conninfo,
                   std::vector<std::string> channels,
                   std::function<void(std::string, std::string)> on_hint)
    : loop_(loop)
    , conninfo_(std::move(conninfo))
    , channels_(std::move(channels))
    , on_hint_(std::move(on_hint))
    , stop_(::eventfd(0, EFD_CLOEXEC)) {
    const base::SignalsBlocked blocked;
    thread_ = std::thread([this] { work(); });
}

Listener::~Listener() {
    *alive_ = false;
    ::eventfd_write(stop_.get(), 1);
    socket_.cut(); // perhaps its server does not answer
    thread_.join();
}

void Listener::work() {
    base::Backoff backoff(base::Millis(100), base::Millis(5000));
    std::minstd_rand random{std::random_device{}()};
    while (true) {
        try {
            listen_until_broken(backoff);
            return; // told to stop
        } catch (const std::exception&) {
            // The threads that write report the outage; this one only has to come back.
        }
        socket_.close();
        const auto pause = backoff.next(std::uniform_real_distribution<>()(random));
        if (wait_stopped(static_cast<int>(pause.count()))) return;
    }
}

void Listener::listen_until_broken(base::Backoff& backoff) {
    Connection connection(conninfo_);
    socket_.open(connection.raw().sock());
    const OnHint on_hint = [this](const std::string& channel, const std::string& payload) {
        hint(channel, payload);
    };
    std::vector<std::unique_ptr<Receiver>> receivers;
    for (const auto& channel : channels_)
        receivers.push_back(std::make_unique<Receiver>(connection.raw(), channel, on_hint));
    backoff.reset();
    hint("", "reconnected");
    while (true) {
        pollfd fds[] = {{connection.raw().sock(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
        if (::poll(fds, 2, -1) < 0 && errno != EINTR) return;
        if (fds[1].revents != 0) return;
        // A dead session gives 0 once and throws at the next call: ask it until it is clear.
        if (connection.raw().get_notifs() == 0 && (fds[0].revents & (POLLHUP | POLLERR)) != 0)
            throw Unreachable("the listening session ended");
        if (!connection.raw().is_open()) throw Unreachable("the listening session ended");
    }
}

bool Listener::wait_stopped(int milliseconds) {
    pollfd fd{stop_.get(), POLLIN, 0};
    return ::poll(&fd, 1, milliseconds) > 0;
}

void Listener::hint(std::string channel, std::string payload) {
    boost::asio::post(
        loop_, [alive = alive_, this, channel = std::move(channel), payload = std::move(payload)] {
            if (*alive) on_hint_(channel, payload);
        });
}

void listen_blocking(Connection& connection, const std::string& channel, int timeout_ms,
                     const std::function<bool(const std::string&)>& on_hint) {
    bool go_on = true;
    const OnHint collect = [&](const std::string&, const std::string& payload) {
        go_on = go_on && on_hint(payload);
    };
    const Receiver receiver(connection.raw(), channel, collect);
    while (go_on) {
        pollfd fd{connection.raw().sock(), POLLIN, 0};
        if (::poll(&fd, 1, timeout_ms) == 0) return;
        connection.raw().get_notifs();
    }
}

} // namespace agentcron::db
