#include "mcp/server.hpp"

#include "agent/json_text.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::mcp {
namespace json = boost::json;
namespace {

constexpr std::string_view stateless_revision = "2026-07-28";
// By initialize, the newest first: what a client is offered that asks for another one.
constexpr std::array<std::string_view, 4> agreed_revisions{"2025-11-25", "2025-06-18", "2025-03-26",
                                                           "2024-11-05"};
constexpr std::string_view batch_revision = "2025-03-26";
constexpr const char* version_key = "io.modelcontextprotocol/protocolVersion";
constexpr const char* capabilities_key = "io.modelcontextprotocol/clientCapabilities";
constexpr std::int64_t cache_ms = 3'600'000; // the tools change with the program only

json::object server_capabilities() {
    return {{"tools", json::object{}}};
}

json::array all_revisions() {
    json::array list{stateless_revision};
    list.insert(list.end(), agreed_revisions.begin(), agreed_revisions.end());
    return list;
}

void allow_caching(const rpc::Incoming& request, json::object& body) {
    if (!request.reply.is_stateless) return;
    body["ttlMs"] = cache_ms;
    body["cacheScope"] = "public";
}

json::object discovered() {
    return {{"supportedVersions", all_revisions()},
            {"capabilities", server_capabilities()},
            {"serverInfo", server_info()},
            {"instructions", instructions()}};
}

bool is_token(const json::value& value) {
    return value.is_string() || value.is_int64() || value.is_uint64();
}

// Where `arguments` stand in the line of a call; "" if they do not.
std::string arguments_text(std::string_view line) {
    const auto message = agent::parse_object(line);
    if (!message) return "";
    const auto params_text = agent::member_json(line, *message, "params");
    const auto params = agent::parse_object(params_text);
    return params ? agent::member_json(params_text, *params, "arguments") : "";
}

} // namespace

Outcome Server::receive(std::string_view line) {
    Outcome outcome;
    boost::system::error_code malformed;
    json::parse_options options;
    options.max_depth = 128;
    const auto value = json::parse(line, malformed, {}, options);
    if (malformed) {
        outcome.lines = rpc::error_for_nobody(rpc::parse_error, "not JSON: " + malformed.message());
        return outcome;
    }
    if (!value.is_array()) {
        auto parsed = rpc::message_from(value, nullptr);
        outcome.lines = std::move(parsed.error);
        if (parsed.message) {
            parsed.message->text = line;
            take(std::move(*parsed.message), outcome);
        }
        return outcome;
    }
    if (revision_ != batch_revision || value.get_array().empty()) {
        outcome.lines = rpc::error_for_nobody(
            rpc::invalid_request,
            "send each message by itself; only revision 2025-03-26 has batches");
        return outcome;
    }
    // All are counted first, or the first reply would be taken for the last.
    const auto batch = std::make_shared<rpc::Batch>();
    batch->expect();
    for (const auto& one : value.get_array()) {
        auto parsed = rpc::message_from(one, batch);
        outcome.lines += parsed.error;
        if (parsed.message) take(std::move(*parsed.message), outcome);
    }
    outcome.lines += batch->close(std::nullopt);
    return outcome;
}

void Server::take(rpc::Incoming message, Outcome& outcome) {
    if (!message.is_request) return take_notification(message, outcome);
    message.reply.is_stateless =
        agent::object_member(message.params, "_meta").contains(version_key);
    if (is_admitted(message, outcome)) take_request(message, outcome);
}

bool Server::is_admitted(const rpc::Incoming& request, Outcome& outcome) {
    const auto& reply = request.reply;
    const bool is_used = std::any_of(calls_.begin(), calls_.end(), [&](const auto& call) {
        return call.second.reply.id == reply.id;
    });
    if (is_used) {
        outcome.lines += reply.error(rpc::invalid_request, "another request with this id is open");
        return false;
    }
    if (reply.is_stateless) {
        const auto& meta = agent::object_member(request.params, "_meta");
        const auto version = agent::text_member(meta, version_key);
        if (version != stateless_revision) {
            outcome.lines += reply.error(rpc::unsupported_version, "Unsupported protocol version",
                                         {{"supported", all_revisions()}, {"requested", version}});
            return false;
        }
        if (agent::find_object(meta, capabilities_key)) return true;
        outcome.lines +=
            reply.error(rpc::invalid_params, fmt::format("_meta: expected {}", capabilities_key));
        return false;
    }
    if (!revision_.empty() || request.method == "initialize" || request.method == "ping")
        return true;
    outcome.lines += reply.error(rpc::invalid_params,
                                 fmt::format("send initialize first, or {} in _meta", version_key));
    return false;
}

void Server::take_request(const rpc::Incoming& request, Outcome& outcome) {
    const auto& method = request.method;
    const auto& reply = request.reply;
    if (method == "tools/call") return call_tool(request, outcome);
    if (method == "tools/list") {
        // All tools fit one page, so nobody was given a cursor.
        if (request.params.contains("cursor")) {
            outcome.lines += reply.error(rpc::invalid_params, "cursor: this list has one page");
            return;
        }
        json::object body{{"tools", tool_descriptions()}};
        allow_caching(request, body);
        outcome.lines += reply.result(std::move(body));
    } else if (method == "server/discover" && reply.is_stateless) {
        auto body = discovered();
        allow_caching(request, body);
        outcome.lines += reply.result(std::move(body));
    } else if (method == "initialize" && !reply.is_stateless) {
        initialize(request, outcome);
    } else if (method == "ping" && !reply.is_stateless) {
        outcome.lines += reply.result({});
    } else {
        outcome.lines +=
            reply.error(rpc::method_not_found, fmt::format("this server does not have {}", method));
    }
}

void Server::initialize(const rpc::Incoming& request, Outcome& outcome) {
    const auto wanted = agent::text_member(request.params, "protocolVersion");
    if (wanted.empty()) {
        outcome.lines += request.reply.error(rpc::invalid_params, "expected a protocolVersion",
                                             {{"supported", all_revisions()}});
        return;
    }
    const auto found = std::find(agreed_revisions.begin(), agreed_revisions.end(), wanted);
    revision_ = found == agreed_revisions.end() ? agreed_revisions.front() : *found;
    outcome.lines += request.reply.result({{"protocolVersion", revision_},
                                           {"capabilities", server_capabilities()},
                                           {"serverInfo", server_info()},
                                           {"instructions", instructions()}});
}

void Server::call_tool(const rpc::Incoming& request, Outcome& outcome) {
    const auto name = agent::text_member(request.params, "name");
    const Tool* tool = tool_named(name);
    if (!tool) {
        outcome.lines += request.reply.error(rpc::invalid_params, "Unknown tool: " + name);
        return;
    }
    const auto* arguments = request.params.if_contains("arguments");
    if (arguments && !arguments->is_object()) {
        outcome.lines += request.reply.error(rpc::invalid_params, "arguments is a JSON object");
        return;
    }
    Call call{.reply = request.reply,
              .tool = tool,
              .arguments = agent::object_member(request.params, "arguments")};
    if (const auto fault = tool->fault(call.arguments); !fault.empty()) {
        outcome.lines += request.reply.result(error_result(fault));
        return;
    }
    const auto& meta = agent::object_member(request.params, "_meta");
    const auto* token = meta.if_contains("progressToken");
    if (token && is_token(*token)) call.progress_token = *token;
    const auto number = ++last_call_;
    outcome.messages.push_back(
        {number, tool->message(call.arguments, arguments_text(request.text))});
    calls_.emplace(number, std::move(call));
}

void Server::take_notification(const rpc::Incoming& notification, Outcome& outcome) {
    if (notification.method != "notifications/cancelled") return;
    const auto* id = notification.params.if_contains("requestId");
    const auto found = std::find_if(calls_.begin(), calls_.end(), [&](const auto& call) {
        return id && call.second.reply.id == *id;
    });
    if (found == calls_.end()) return; // perhaps its response is on its way
    outcome.given_up.push_back(found->first);
    outcome.lines += found->second.reply.none();
    calls_.erase(found);
}

Outcome Server::finish(std::int64_t call, json::object result) {
    Outcome outcome;
    const auto found = calls_.find(call);
    if (found == calls_.end()) return outcome;
    outcome.lines = found->second.reply.result(std::move(result));
    calls_.erase(found);
    return outcome;
}

Outcome Server::replied(std::int64_t call, std::string_view text) {
    const auto found = calls_.find(call);
    if (found == calls_.end()) return {};
    const auto reply = agent::parse_object(text);
    if (!reply) return failed(call, "agentcron's reply is not JSON");
    if (const auto why = agent::text_member(*reply, "error"); !why.empty())
        return failed(call, why);
    return finish(call, found->second.tool->result(found->second.arguments, *reply));
}

Outcome Server::failed(std::int64_t call, std::string_view why) {
    return finish(call, error_result(why));
}

Outcome Server::time_passed() {
    Outcome outcome;
    for (auto& [number, call] : calls_)
        if (call.tool->waits) show_progress(call, outcome);
    return outcome;
}

void Server::show_progress(Call& call, Outcome& outcome) {
    if (call.progress_token.is_null()) return;
    outcome.lines +=
        rpc::notification("notifications/progress", {{"progressToken", call.progress_token},
                                                     {"progress", ++call.progress},
                                                     {"message", "waiting for a person"}});
}

} // namespace agentcron::mcp
