// JSON-RPC as agents speak it: one JSON object a line, both ways. Codex leaves the member "jsonrpc"
// out, ACP has it; both are read.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace agentcron::agent::json_rpc {

struct Message {
    enum class Kind { request, notification, result, error };
    Kind kind{};
    std::string method;      // of a request or notification
    boost::json::value id;   // of all but a notification; goes back as it came
    boost::json::value body; // params, result or error; null where absent
};

// nullopt: no JSON-RPC.
std::optional<Message> read(const boost::json::object& line);

// An id as a name: a string as it is, a number as its digits.
std::string name_of(const boost::json::value& id);
// "<message> (<code>)" of an error's body, one line.
std::string error_text(const boost::json::value& error);

enum class Version { none, two }; // whether lines say "jsonrpc":"2.0"

// Lines, each with its newline.
std::string request(Version version, std::int64_t id, std::string_view method,
                    boost::json::object params);
std::string notification(Version version, std::string_view method, boost::json::object params);
std::string result(Version version, const boost::json::value& id, boost::json::value body);
std::string method_not_found(Version version, const boost::json::value& id,
                             std::string_view method);

} // namespace agentcron::agent::json_rpc
