// Senders as the daemon puts them together, on a database of the case's own, and an HTTP server
// that notes what it is asked. One loop, run by the waits below.
#pragma once

#include "base/clock.hpp"
#include "base/spawn.hpp"
#include "support/test_cluster.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace agentcron::engine {

struct Request {
    std::string method;
    std::string path;
    std::string body;
    std::string id;        // the header webhook-id; "" without
    std::string timestamp; // webhook-timestamp
    std::string signature; // webhook-signature
    std::string user_agent;
    std::string content_type;
};

class OutboxRun {
public:
    OutboxRun();
    ~OutboxRun();

    support::TestDatabase database;
    std::filesystem::path directory; // of this case

    // Another sender, as if it were in another process.
    std::size_t start_sender();
    void crash_sender(std::size_t sender); // as SIGKILL does
    void wake();                           // every sender looks now
    // Due rows are tried now, whatever pause they are in.
    void hurry();

    std::string url(const std::string& path) const; // of the server
    std::vector<Request> requests() const;          // in the order of their coming

    // A schedule with these values of notify and heartbeat_url (SQL); gives its id.
    std::int64_t schedule(const std::string& name, const std::string& notify,
                          const std::string& heartbeat_url = "null");
    // A watched task of it that waits, and its next states, as the engine writes them.
    std::int64_t task(std::int64_t schedule);
    void start(std::int64_t task);
    void finish(std::int64_t task, const std::string& status, const std::string& reason = "",
                const std::string& message = "");

    // Runs the loop until it holds; the case fails if it does not.
    void until(const std::function<bool()>& holds, const std::string& what);
    void until_value(const std::string& sql, const std::string& expected);

    std::string file(const std::string& name) const; // of `directory`
    std::filesystem::path write(const std::string& name, const std::string& text) const;

private:
    struct Parts;
    void start_server();
    base::Child server_;
    std::string port_;
    std::unique_ptr<Parts> parts_;
};

} // namespace agentcron::engine
