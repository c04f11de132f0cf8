#include "agent/inspection.hpp"
#include "agent/json_rpc.hpp"
#include "agent/json_text.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {
namespace json = boost::json;
namespace {

constexpr int auth_required = -32000; // ACP, "Authentication"

// "agentcron/0.169.0 (Debian 12.0.0; ...)" names its client and then its own version.
std::string version_in(std::string_view user_agent) {
    const auto slash = user_agent.find('/');
    if (slash == std::string_view::npos) return "";
    user_agent.remove_prefix(slash + 1);
    return std::string(user_agent.substr(0, user_agent.find(' ')));
}

void take_claude_account(const json::object& account, Greeting& greeting) {
    const auto key = text_member(account, "apiKeySource");
    const auto token = text_member(account, "tokenSource");
    const auto provider = text_member(account, "apiProvider");
    const auto is_there = [](const std::string& source) {
        return !source.empty() && source != "none";
    };
    if (const auto email = text_member(account, "email"); !email.empty())
        greeting.login_detail = email;
    else if (is_there(token))
        greeting.login_detail = token;
    else if (is_there(key))
        greeting.login_detail = "by " + key;
    // Another provider has credentials of its own, of which nothing is said here.
    const bool is_own = provider.empty() || provider == "firstParty";
    if (greeting.login_detail.empty() && !is_own)
        greeting.login_detail = "with " + provider + "; --turn shows whether it works";
    else
        greeting.login = !greeting.login_detail.empty();
    if (greeting.login == false) greeting.login_detail = "not logged in";
}

void take_approval_policy(const json::object& thread, Greeting& greeting) {
    const auto policy = text_member(thread, "approvalPolicy");
    if (policy == "never")
        greeting.asks = "no approvals: approval_policy is never; choices and forms";
    else if (policy.empty())
        greeting.asks = "approvals, choices, forms";
    else
        greeting.asks = fmt::format("approvals (approval_policy {}), choices, forms", policy);
}

} // namespace

void take_claude_line(const json::object& line, Greeting& greeting) {
    const auto type = text_member(line, "type");
    if (type == "system" && text_member(line, "subtype") == "init") {
        if (greeting.version.empty()) greeting.version = text_member(line, "claude_code_version");
        greeting.has_session = true;
    }
    if (type != "control_response") return;
    const auto& response = object_member(line, "response");
    if (text_member(response, "subtype") == "error") {
        if (!greeting.is_answered) greeting.refusal = text_member(response, "error");
        return;
    }
    const auto& body = object_member(response, "response");
    if (!body.contains("commands") && !body.contains("account")) return; // of another order
    greeting.is_answered = true;
    greeting.version = text_member(body, "claude_code_version");
    take_claude_account(object_member(body, "account"), greeting);
    const auto mode = text_member(body, "current_permission_mode");
    greeting.asks = mode == "bypassPermissions" || mode == "dontAsk"
                        ? fmt::format("choices, plans, forms; no permissions in mode {}", mode)
                        : "permissions, choices, plans, forms";
}

void take_codex_line(const json::object& line, Greeting& greeting) {
    const auto message = json_rpc::read(line);
    if (!message) return;
    const bool is_of_account = message->id == json::value("agentcron-account");
    if (message->kind == json_rpc::Message::Kind::error) {
        if (is_of_account)
            greeting.login = true; // an older one, which has no such request: nothing against it
        else if (greeting.refusal.empty())
            greeting.refusal = json_rpc::error_text(message->body);
        return;
    }
    if (message->kind != json_rpc::Message::Kind::result || !message->body.is_object()) return;
    const auto& body = message->body.get_object();
    if (body.contains("userAgent")) {
        greeting.is_answered = true;
        greeting.version = version_in(text_member(body, "userAgent"));
    }
    if (is_of_account) {
        const auto* needed = body.if_contains("requiresOpenaiAuth");
        const bool is_needed = needed && needed->is_bool() && needed->get_bool();
        const auto* account = find_object(body, "account");
        greeting.login = account || !is_needed;
        greeting.login_detail = "not logged in";
        if (account) {
            const auto email = text_member(*account, "email");
            greeting.login_detail = email.empty() ? text_member(*account, "type") : email;
        } else if (!is_needed) {
            greeting.login_detail = "not needed: a model provider of its own configuration";
        }
    }
    if (body.contains("thread")) {
        greeting.has_session = true;
        take_approval_policy(body, greeting);
    }
}

void take_acp_line(const json::object& line, Greeting& greeting) {
    const auto message = json_rpc::read(line);
    if (!message) return;
    if (message->kind == json_rpc::Message::Kind::notification &&
        message->method == "_auth/status_update") {
        if (const auto* params = message->body.if_object())
            greeting.login_detail = text_member(object_member(*params, "authStatus"), "label");
    }
    if (message->kind == json_rpc::Message::Kind::error) {
        if (greeting.has_session) return; // of the turn
        const auto* error = message->body.if_object();
        const auto* code = error ? error->if_contains("code") : nullptr;
        greeting.refusal = json_rpc::error_text(message->body);
        if (code && *code == json::value(auth_required)) {
            greeting.login = false;
            greeting.login_detail = "not logged in: " + greeting.refusal;
        }
        return;
    }
    if (message->kind != json_rpc::Message::Kind::result || !message->body.is_object()) return;
    const auto& body = message->body.get_object();
    if (body.contains("agentCapabilities") || body.contains("protocolVersion")) {
        greeting.is_answered = true;
        const auto& info = object_member(body, "agentInfo");
        greeting.version =
            fmt::format("{} {}", text_member(info, "name"), text_member(info, "version"));
        if (info.empty()) greeting.version.clear();
        const auto& can = object_member(body, "agentCapabilities");
        const auto* load = can.if_contains("loadSession");
        greeting.resumes = (load && load->is_bool() && load->get_bool()) ||
                           object_member(can, "sessionCapabilities").contains("resume");
    }
    if (!body.contains("sessionId")) return;
    greeting.has_session = true;
    greeting.login = true;
    if (greeting.login_detail.empty()) greeting.login_detail = "it opened a session";
    const auto mode = text_member(object_member(body, "modes"), "currentModeId");
    greeting.asks = "permissions, forms" + (mode.empty() ? "" : " (mode " + mode + ")");
}

} // namespace agentcron::agent
