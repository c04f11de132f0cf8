#include "agent/codex_requests.hpp"

#include "agent/answers.hpp"
#include "agent/json_text.hpp"
#include "agent/messages.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent::codex {
namespace json = boost::json;
namespace {

constexpr std::size_t body_bytes_max = 64u << 10;

std::string headline(std::string_view text) {
    auto line = base::one_line(text, headline_bytes_max);
    return line.empty() ? "(the agent asked without words)" : line;
}

std::string bounded(std::string_view text) {
    return std::string(base::utf8_prefix(text, body_bytes_max));
}

// As jsonb takes it.
std::string json_text(const json::value& value) {
    const json::object holder{{"value", value}};
    return member_json(json::serialize(holder), holder, "value");
}

// Nothing to tell it by: then no other request is the same.
std::string request_text(std::string_view tool, const json::object& input) {
    return input.empty() ? "" : json_text(json::object{{"tool", tool}, {"input", input}});
}

bool flag(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_bool() && value->get_bool();
}

bool holds(const json::array& list, std::string_view word) {
    return std::any_of(list.begin(), list.end(), [&](const json::value& value) {
        return value.is_string() && value.get_string() == word;
    });
}

void copy_known(const json::object& from, std::initializer_list<std::string_view> keys,
                json::object& to) {
    for (const auto key : keys) {
        const auto* value = from.if_contains(key);
        if (value && !value->is_null()) to[key] = *value;
    }
}

// A member a line, texts as they are.
std::string readable(const json::object& input) {
    std::string text;
    for (const auto& member : input)
        text += fmt::format("{}: {}\n", std::string_view(member.key()), plain_text(member.value()));
    return text;
}

void set_command(Request& request, const json::object& params) {
    auto& question = request.question;
    const auto kind = text_member(params, "kind");
    const bool is_command = kind.empty() || kind == "command";
    json::object input;
    copy_known(params, {"command", "cwd", "additionalPermissions", "networkApprovalContext"},
               input);
    const auto command = text_member(params, "command");
    const auto host = text_member(object_member(params, "networkApprovalContext"), "host");
    if (!host.empty())
        question.headline = headline(fmt::format("Connect to {}?", host));
    else if (!command.empty())
        question.headline = headline(fmt::format("{}: {}", is_command ? "Run" : kind, command));
    else
        question.headline = headline(text_member(params, "reason"));
    question.body = readable(input);
    question.request = request_text(is_command ? "commandExecution" : kind, input);
    const auto* decisions = params.if_contains("availableDecisions");
    const bool any = !decisions || !decisions->is_array();
    question.options = decision_options(kind != "humanCommand" &&
                                        (any || holds(decisions->get_array(), "acceptForSession")));
}

void set_file_change(Request& request, const json::object& params, const json::array* changes) {
    auto& question = request.question;
    json::object input;
    if (changes && !changes->empty()) input["changes"] = *changes;
    copy_known(params, {"grantRoot"}, input);
    std::string paths;
    for (const auto& value : array_member(input, "changes")) {
        const auto* change = value.if_object();
        if (!change) continue;
        const auto path = text_member(*change, "path");
        const auto how = text_member(object_member(*change, "kind"), "type");
        paths += (paths.empty() ? "" : ", ") + path;
        question.body += fmt::format("{} {}\n{}\n", how, path, text_member(*change, "diff"));
    }
    const auto root = text_member(params, "grantRoot");
    if (!root.empty()) question.body += fmt::format("and all writes below {}\n", root);
    question.headline = headline(paths.empty() ? "Change files?" : "Change " + paths);
    question.request = request_text("fileChange", input);
    question.options = decision_options(true);
}

void set_permissions(Request& request, const json::object& params) {
    auto& question = request.question;
    request.permissions = object_member(params, "permissions");
    json::object input;
    copy_known(params, {"permissions", "cwd"}, input);
    question.headline = headline("Grant permissions: " + json::serialize(request.permissions));
    question.body = readable(input);
    question.request = request_text("permissions", input);
    question.options = decision_options(true);
}

Item item_from(const json::object& asked, std::size_t number) {
    Item item;
    item.key = text_member(asked, "id");
    item.text = text_member(asked, "question");
    if (item.text.empty()) item.text = text_member(asked, "header");
    if (item.text.empty()) item.text = fmt::format("question {}", number);
    item.secret = flag(asked, "isSecret");
    for (const auto& value : array_member(asked, "options")) {
        const auto* option = value.if_object();
        const auto label = option ? text_member(*option, "label") : "";
        if (!label.empty())
            item.options.push_back({label, label, text_member(*option, "description")});
    }
    return item;
}

// One question is a plain one: of its options alone, or of any words where it takes them.
void set_user_input(Request& request, const json::object& params) {
    auto& question = request.question;
    const auto& asked = array_member(params, "questions");
    bool takes_words = false;
    for (const auto& value : asked) {
        if (!value.is_object()) continue;
        request.items.push_back(item_from(value.get_object(), request.items.size() + 1));
        takes_words |= flag(value.get_object(), "isOther") || request.items.back().options.empty();
    }
    question.request = request_text("requestUserInput", {{"questions", asked}});
    question.kind = "choice";
    if (request.items.empty()) {
        question.kind = "ask";
        question.headline = headline("");
        return;
    }
    const auto& first = request.items.front();
    question.headline = headline(first.text);
    const bool is_plain = request.items.size() == 1 && !first.secret;
    if (is_plain) question.options = first.options;
    if (is_plain && takes_words) question.kind = "ask";
    if (!is_plain) question.items = request.items;
    for (const auto& item : request.items)
        if (!is_plain || item.text != question.headline) question.body += item.text + "\n";
}

void set_tool_call(Request& request, const json::object& params, const json::object& meta) {
    auto& question = request.question;
    const auto tool = text_member(meta, "tool_name");
    auto name = text_member(params, "serverName");
    if (!tool.empty()) name += "." + tool;
    json::object input;
    copy_known(meta, {"tool_params"}, input);
    if (input.empty()) copy_known(params, {"message"}, input);
    question.headline = headline(text_member(params, "message"));
    question.body = fmt::format("{}\n{}", name, readable(object_member(meta, "tool_params")));
    question.request = request_text(name, input);
    question.options = decision_options(holds(array_member(meta, "persist"), "session"));
}

void set_elicitation(Request& request, const json::object& params) {
    auto& question = request.question;
    const auto mode = text_member(params, "mode");
    const auto server = text_member(params, "serverName");
    const auto& meta = object_member(params, "_meta");
    const auto& schema = object_member(params, "requestedSchema");
    json::object input;
    copy_known(params, {"message", "requestedSchema", "url"}, input);
    question.headline = headline(text_member(params, "message"));
    question.body = fmt::format("asked by the MCP server {}\n", server);
    question.request = request_text(server, input);
    if (mode == "url") {
        request.kind = Request::Kind::url;
        question.kind = "url";
        question.body = text_member(params, "url") + "\n" + question.body;
    } else if (meta.contains("codex_approval_kind") ||
               object_member(schema, "properties").empty()) {
        // A form without fields asks for consent.
        request.kind = Request::Kind::tool_call;
        question.kind = "approve";
        question.options = decision_options(false);
        if (meta.contains("codex_approval_kind")) set_tool_call(request, params, meta);
    } else {
        request.kind = Request::Kind::form;
        question.kind = "form";
        question.schema = json_text(schema);
    }
}

bool is_elicitation_for_people(const json::object& params) {
    const auto mode = text_member(params, "mode");
    return mode == "form" || mode == "url" || mode == "openai/form" || mode == "openaiForm";
}

} // namespace

std::optional<Request> request_from(const json_rpc::Message& message, const json::array* changes) {
    const json::object none;
    const auto& params = message.body.is_object() ? message.body.get_object() : none;
    Request request;
    request.id = message.id;
    request.item_id = text_member(params, "itemId");
    request.question.native_id = json_rpc::name_of(message.id);
    request.question.kind = "approve";
    if (message.method == "item/commandExecution/requestApproval") {
        set_command(request, params);
    } else if (message.method == "item/fileChange/requestApproval") {
        set_file_change(request, params, changes);
    } else if (message.method == "item/permissions/requestApproval") {
        request.kind = Request::Kind::permissions;
        set_permissions(request, params);
    } else if (message.method == "item/tool/requestUserInput") {
        request.kind = Request::Kind::user_input;
        set_user_input(request, params);
    } else if (message.method == "mcpServer/elicitation/request" &&
               is_elicitation_for_people(params)) {
        set_elicitation(request, params);
    } else {
        return std::nullopt;
    }
    if (const auto reason = text_member(params, "reason"); !reason.empty())
        request.question.body += fmt::format("reason: {}\n", reason);
    request.question.body = bounded(request.question.body);
    return request;
}

} // namespace agentcron::agent::codex
