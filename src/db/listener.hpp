// A session that LISTENs, in a thread of its own. Notifications are hints that something may have
// changed; who hears one looks into the tables. After every reconnect the listener gives the hint
// "reconnected", because what was sent meanwhile is lost.
#pragma once

#include "base/backoff.hpp"
#include "base/unique_fd.hpp"
#include "db/session_socket.hpp"

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace agentcron::db {

class Listener {
public:
    // `on_hint(channel, payload)` runs on the loop thread.
    Listener(boost::asio::io_context& loop, std::string conninfo, std::vector<std::string> channels,
             std::function<void(std::string, std::string)> on_hint);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

private:
    void work();
    void listen_until_broken(base::Backoff& backoff);
    bool wait_stopped(int milliseconds);
    void hint(std::string channel, std::string payload);

    boost::asio::io_context& loop_;
    const std::string conninfo_;
    const std::vector<std::string> channels_;
    const std::function<void(std::string, std::string)> on_hint_;
    SessionSocket socket_;
    base::UniqueFd stop_; // eventfd, readable when the thread shall end
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    std::thread thread_;
};

// Calls `on_hint(payload)` for each notification on `channel` until it returns false or
// `timeout_ms` passed without one. For the command line, on the caller's thread.
class Connection;
void listen_blocking(Connection& connection, const std::string& channel, int timeout_ms,
                     const std::function<bool(const std::string&)>& on_hint);

} // namespace agentcron::db
