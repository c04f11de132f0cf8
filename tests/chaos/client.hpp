// A session of the driver's own on whichever server takes writes. It is opened when it is needed
// and given up after an error, so a caller that may fail just tries again later.
#pragma once

#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <vector>

namespace agentcron::chaos {

using Rows = std::vector<std::vector<std::string>>; // NULL reads as ""

class Client {
public:
    explicit Client(std::string conninfo) : conninfo_(std::move(conninfo)) {}

    // Each in a transaction of its own. Whatever goes wrong is thrown, but that a session was lost
    // only if a new one fails too: then what it was to do is done again.
    Rows rows(const std::string& sql);
    std::string value(const std::string& sql); // the first field; "" without one

private:
    Rows run(const std::string& sql);

    const std::string conninfo_;
    std::unique_ptr<pqxx::connection> connection_;
};

} // namespace agentcron::chaos
