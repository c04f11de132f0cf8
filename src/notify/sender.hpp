// Tries to deliver one notification, by the channel that it names. Loop thread only.
#pragma once

#include "notify/command.hpp"
#include "notify/http_client.hpp"
#include "notify/notification.hpp"
#include "notify/target.hpp"

#include <functional>
#include <string>
#include <vector>

namespace agentcron::notify {

class Sender {
public:
    // `environment`: what commands get besides their own variables ("NAME=value").
    Sender(boost::asio::io_context& loop, const base::Clock& clock,
           std::vector<std::string> environment);

    // `then` on the loop, later or at once; within a minute or a little more.
    void send(const Notification& notification, std::function<void(TryResult)> then);

private:
    void post(const Notification& notification, const Target& target,
              std::function<void(TryResult)> then);
    void request(HttpRequest request, std::function<void(TryResult)> then);

    const base::Clock& clock_;
    const std::vector<std::string> environment_;
    HttpClient http_;
    CommandRunner commands_;
};

// What a command gets: the payload on its stdin, and the parts that a shell line wants as
// variables. Pure.
Command command_of(const Notification& notification, std::vector<std::string> argv,
                   const std::vector<std::string>& environment);

// The key in the file of that path, read anew each time so that it can be replaced. The error says
// what is wrong with the file.
base::Result<std::string, std::string> key_from_file(const std::string& path);

} // namespace agentcron::notify
