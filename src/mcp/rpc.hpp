// JSON-RPC 2.0 as MCP uses it: requests with their ids, replies in the form that each request's
// revision wants, and batches, whose replies leave together.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace agentcron::mcp::rpc {

inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int method_not_found = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int unsupported_version = -32022; // of MCP, since 2026-07-28

// Replies to the requests of one array. The last one writes them all.
class Batch {
public:
    void expect() { ++open_; }
    // "" as long as others are open.
    std::string close(std::optional<boost::json::object> reply);

private:
    boost::json::array replies_;
    std::size_t open_ = 0;
};

// Writes the one reply to a request. Lines, each with its newline; "" where nothing is to be
// written (yet).
struct Reply {
    boost::json::value id;
    bool is_stateless = false; // of a request that carries its revision (2026-07-28)
    std::shared_ptr<Batch> batch{};

    std::string result(boost::json::object body) const;
    std::string error(int code, std::string_view message, boost::json::object data = {}) const;
    std::string none() const; // of a request that was cancelled

private:
    std::string line(boost::json::object body) const;
};

struct Incoming {
    Reply reply; // of a request
    bool is_request = false;
    std::string method{};
    boost::json::object params{};
    std::string text{}; // as it came; "" in a batch
};

// Of one message. `error` is set where it is none: the line that says so.
struct Parsed {
    std::optional<Incoming> message{};
    std::string error{};
};
Parsed message_from(const boost::json::value& value, std::shared_ptr<Batch> batch);

std::string notification(std::string_view method, boost::json::object params);
// Who writes nothing but this cannot know whom it concerns.
std::string error_for_nobody(int code, std::string_view message);

} // namespace agentcron::mcp::rpc
