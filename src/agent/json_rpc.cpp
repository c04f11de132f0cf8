#include "agent/json_rpc.hpp"

#include "agent/driver.hpp"
#include "agent/json_text.hpp"
#include "agent/messages.hpp"
#include "base/text.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent::json_rpc {
namespace json = boost::json;
namespace {

// JSON-RPC 2.0, section 5.1.
constexpr int method_not_found_code = -32601;

std::string line_of(Version version, json::object members) {
    json::object line;
    if (version == Version::two) line["jsonrpc"] = "2.0";
    for (auto& member : members) line[member.key()] = std::move(member.value());
    return json::serialize(line) + "\n";
}

json::value member(const json::object& line, std::string_view name) {
    const auto* value = line.if_contains(name);
    return value ? *value : json::value(nullptr);
}

} // namespace

std::optional<Message> read(const json::object& line) {
    const auto* id = line.if_contains("id");
    const bool has_id = id && !id->is_null();
    if (const auto method = text_member(line, "method"); !method.empty()) {
        const auto kind = has_id ? Message::Kind::request : Message::Kind::notification;
        return Message{kind, method, has_id ? *id : nullptr, member(line, "params")};
    }
    if (!has_id) return std::nullopt;
    if (line.contains("error"))
        return Message{Message::Kind::error, "", *id, member(line, "error")};
    if (line.contains("result"))
        return Message{Message::Kind::result, "", *id, member(line, "result")};
    return std::nullopt;
}

std::string name_of(const json::value& id) {
    return plain_text(id);
}

std::string error_text(const json::value& error) {
    if (!error.is_object()) return base::one_line(plain_text(error), headline_bytes_max);
    const auto& object = error.get_object();
    std::string text = text_member(object, "message");
    if (const auto* code = object.if_contains("code"))
        text += fmt::format("{}({})", text.empty() ? "" : " ", plain_text(*code));
    return base::one_line(text, headline_bytes_max);
}

std::string request(Version version, std::int64_t id, std::string_view method,
                    json::object params) {
    return line_of(version, {{"id", id}, {"method", method}, {"params", std::move(params)}});
}

std::string notification(Version version, std::string_view method, json::object params) {
    json::object members{{"method", method}};
    if (!params.empty()) members["params"] = std::move(params);
    return line_of(version, std::move(members));
}

std::string result(Version version, const json::value& id, json::value body) {
    return line_of(version, {{"id", id}, {"result", std::move(body)}});
}

std::string method_not_found(Version version, const json::value& id, std::string_view method) {
    return line_of(version, {{"id", id},
                             {"error",
                              {{"code", method_not_found_code},
                               {"message", fmt::format("this client does not have {}", method)}}}});
}

} // namespace agentcron::agent::json_rpc
