#include "mcp/rpc.hpp"

#include "agent/json_text.hpp"
#include "base/version.hpp"
#include "mcp/tools.hpp"

#include <boost/json.hpp>

namespace agentcron::mcp::rpc {
namespace json = boost::json;
namespace {

std::string line_of(const json::value& value) {
    return json::serialize(value) + "\n";
}

json::object error_body(const json::value& id, int code, std::string_view message,
                        json::object data) {
    json::object error{{"code", code}, {"message", message}};
    if (!data.empty()) error["data"] = std::move(data);
    return {{"jsonrpc", "2.0"}, {"id", id}, {"error", std::move(error)}};
}

bool is_id(const json::value& value) {
    return value.is_string() || value.is_int64() || value.is_uint64();
}

} // namespace

std::string Batch::close(std::optional<json::object> reply) {
    if (reply) replies_.push_back(std::move(*reply));
    if (--open_ > 0 || replies_.empty()) return "";
    return line_of(std::move(replies_));
}

std::string Reply::line(json::object body) const {
    return batch ? batch->close(std::move(body)) : line_of(body);
}

std::string Reply::result(json::object body) const {
    if (is_stateless) {
        body["resultType"] = "complete";
        body["_meta"] = {{"io.modelcontextprotocol/serverInfo", server_info()}};
    }
    return line({{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(body)}});
}

std::string Reply::error(int code, std::string_view message, json::object data) const {
    return line(error_body(id, code, message, std::move(data)));
}

std::string Reply::none() const {
    return batch ? batch->close(std::nullopt) : "";
}

Parsed message_from(const json::value& value, std::shared_ptr<Batch> batch) {
    const auto* object = value.if_object();
    const auto refused = [&](const json::value& id, std::string_view why) {
        if (batch) batch->expect();
        return Parsed{.error = Reply{.id = id, .batch = batch}.error(invalid_request, why)};
    };
    if (!object) return refused(nullptr, "a message is a JSON object");
    const auto* id = object->if_contains("id");
    const auto known_id = id && is_id(*id) ? *id : json::value(nullptr);
    if (agent::text_member(*object, "jsonrpc") != "2.0")
        return refused(known_id, "expected \"jsonrpc\": \"2.0\"");
    const auto* method = object->if_contains("method");
    // This server asks nothing, so an answer is nothing to it.
    if (!method && (object->contains("result") || object->contains("error"))) return {};
    if (!method || !method->is_string()) return refused(known_id, "expected a method");
    if (id && !is_id(*id)) return refused(nullptr, "an id is a string or a whole number");

    Incoming message{.reply = {.id = known_id, .batch = batch}, .is_request = id != nullptr};
    message.method = method->get_string();
    const auto* params = object->if_contains("params");
    if (params && params->is_object()) message.params = params->get_object();
    if (batch && message.is_request) batch->expect();
    if (params && !params->is_object() && message.is_request)
        return {.error = message.reply.error(invalid_params, "params is a JSON object")};
    return {.message = std::move(message)};
}

std::string notification(std::string_view method, json::object params) {
    return line_of(
        json::object{{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}});
}

std::string error_for_nobody(int code, std::string_view message) {
    return line_of(error_body(nullptr, code, message, {}));
}

} // namespace agentcron::mcp::rpc
