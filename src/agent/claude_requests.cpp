#include "agent/claude_requests.hpp"

#include "agent/answers.hpp"
#include "agent/json_text.hpp"
#include "agent/messages.hpp"
#include "agent/own_server.hpp"
#include "base/text.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent::claude {
namespace json = boost::json;
namespace {

constexpr const char* hook_id = "agentcron";
constexpr const char* asking_tools = "AskUserQuestion|ExitPlanMode|mcp__agentcron__ask_person";
// A hook without a time of its own is withdrawn after ten minutes; no longer one is needed.
constexpr int hook_timeout_s = 1'000'000;

constexpr const char* nobody = "Nobody answered in time. Go on without an answer.";
constexpr const char* later =
    "Another question is to be answered first. Ask this again after its answer.";

std::string headline(std::string_view text) {
    auto line = base::one_line(text, headline_bytes_max);
    return line.empty() ? "(the agent asked without words)" : line;
}

// The input as people read it: a member a line, texts as they are.
std::string readable(const json::object& input) {
    std::string text;
    for (const auto& member : input) {
        const auto value = plain_text(member.value());
        const bool is_long = value.find('\n') != std::string::npos;
        text +=
            fmt::format("{}:{}{}\n", std::string_view(member.key()), is_long ? "\n" : " ", value);
    }
    return text;
}

std::string first_text(const json::object& input) {
    for (const auto& member : input)
        if (member.value().is_string()) return plain_text(member.value());
    return "";
}

Item item_from(const json::object& asked) {
    Item item{.key = text_member(asked, "question"), .text = text_member(asked, "question")};
    for (const auto& value : array_member(asked, "options")) {
        const auto* option = value.if_object();
        if (!option) continue;
        const auto label = text_member(*option, "label");
        if (!label.empty())
            item.options.push_back({label, label, text_member(*option, "description")});
    }
    const auto* several = asked.if_contains("multiSelect");
    item.several = several && several->is_bool() && several->get_bool();
    return item;
}

void set_choice(Question& question, const json::object& input) {
    for (const auto& value : array_member(input, "questions"))
        if (const auto* asked = value.if_object()) question.items.push_back(item_from(*asked));
    question.kind = "choice";
    if (question.items.empty()) {
        question.kind = "ask";
        question.headline = headline(first_text(input));
        return;
    }
    question.headline = headline(question.items.front().text);
    const bool simple = question.items.size() == 1 && !question.items.front().several;
    // A person may answer in words of his own; a choice takes only its options.
    if (simple) question.kind = "ask";
    if (simple) question.options = question.items.front().options;
    for (const auto& item : question.items)
        if (!simple) question.body += item.text + "\n";
}

void set_permission(Request& request, const json::object& asked) {
    auto& question = request.question;
    question.kind = "approve";
    // The command or the file itself, before the model's words about it.
    const auto input = first_text(request.input);
    const auto what = input.empty() ? text_member(asked, "description") : input;
    question.headline = headline(fmt::format("{}: {}", request.tool, what));
    question.body = readable(request.input);
    if (const auto why = text_member(asked, "decision_reason"); !why.empty())
        question.body += why + "\n";
    question.options = decision_options(!request.suggestions.empty());
}

void set_plan(Question& question, const json::object& input) {
    question.kind = "plan";
    question.body = text_member(input, "plan");
    question.headline =
        headline(question.body.empty() ? "May the plan be carried out?" : "Plan: " + question.body);
    question.options = decision_options(false);
}

void set_elicitation(Question& question, const json::object& asked) {
    const auto server = text_member(asked, "mcp_server_name");
    question.headline = headline(text_member(asked, "message"));
    question.body = server.empty() ? "" : fmt::format("asked by the MCP server {}\n", server);
    if (text_member(asked, "mode") == "url") {
        question.kind = "url";
        question.body = text_member(asked, "url") + "\n" + question.body;
    } else {
        question.kind = "form";
        question.schema = json::serialize(object_member(asked, "requested_schema"));
    }
    question.request = json::serialize(json::object{{"server", server},
                                                    {"message", text_member(asked, "message")},
                                                    {"url", text_member(asked, "url")}});
}

// Asked before the call: so the question can be parked, which a call that runs cannot.
void set_ask(Question& question, const json::object& input) {
    auto asked = question_from(input, 0);
    asked.native_id = question.native_id;
    question = std::move(asked);
}

void set_question(Request& request, const json::object& asked, const json::object* planned) {
    auto& question = request.question;
    question.native_id = request.tool_use_id.empty() ? request.request_id : request.tool_use_id;
    if (request.kind == Request::Kind::elicitation) return set_elicitation(question, asked);
    if (request.tool == "AskUserQuestion")
        set_choice(question, request.input);
    else if (request.tool == "ExitPlanMode")
        set_plan(question, planned ? *planned : request.input);
    else if (request.kind == Request::Kind::hook && request.tool == own_server::claude_ask_person)
        set_ask(question, request.input);
    else
        set_permission(request, asked);
    question.request =
        json::serialize(json::object{{"tool", request.tool}, {"input", request.input}});
}

json::object hook_output(json::object decision) {
    decision["hookEventName"] = "PreToolUse";
    return {{"hookSpecificOutput", std::move(decision)}};
}

json::object hook_before(std::string_view tools) {
    return {
        {"matcher", tools}, {"hookCallbackIds", json::array{hook_id}}, {"timeout", hook_timeout_s}};
}

json::object allowed(const Request& request, json::object input) {
    if (request.kind == Request::Kind::hook)
        return hook_output({{"permissionDecision", "allow"}, {"updatedInput", std::move(input)}});
    return {{"behavior", "allow"}, {"updatedInput", std::move(input)}};
}

json::object denied(const Request& request, std::string_view why) {
    if (request.kind == Request::Kind::elicitation) return {{"action", "cancel"}};
    if (request.kind == Request::Kind::hook)
        return hook_output({{"permissionDecision", "deny"}, {"permissionDecisionReason", why}});
    return {{"behavior", "deny"}, {"message", why}};
}

json::object answered(const Request& request, std::string_view answer) {
    json::object answers;
    for (const auto& chosen : choices_from(request.question.items, answer))
        answers[chosen.key] = fmt::format("{}", fmt::join(chosen.values, ", "));
    json::object input = request.input;
    input["answers"] = std::move(answers);
    return allowed(request, std::move(input));
}

// What would be written to a settings file holds for the session only: nobody asked for more.
json::array for_session(const json::array& suggestions) {
    json::array updates;
    for (const auto& value : suggestions) {
        if (!value.is_object()) continue;
        auto update = value.get_object();
        update["destination"] = "session";
        updates.push_back(std::move(update));
    }
    return updates;
}

json::object decided(const Request& request, std::string_view answer) {
    const auto decision = decision_from(answer);
    if (!decision.allow)
        return denied(request, decision.reason.empty() ? "The person said no." : decision.reason);
    const bool edited = decision.input && decision.input->is_object();
    auto reply = allowed(request, edited ? decision.input->get_object() : request.input);
    if (request.kind != Request::Kind::permission) return reply;
    if (request.question.kind == "plan")
        reply["updatedPermissions"] =
            json::array{{{"type", "setMode"}, {"mode", "acceptEdits"}, {"destination", "session"}}};
    else if (decision.for_session)
        reply["updatedPermissions"] = for_session(request.suggestions);
    return reply;
}

json::object filled(const Request& request, std::string_view answer) {
    if (request.question.kind == "url") return {{"action", is_done(answer) ? "accept" : "decline"}};
    auto form = form_from(request.question.schema, answer);
    if (!form) return {{"action", "cancel"}}; // the database lets no such answer pass
    if (!*form) return {{"action", "decline"}};
    return {{"action", "accept"}, {"content", std::move(**form)}};
}

} // namespace

std::optional<Request> request_from(const json::object& line, const json::object* planned) {
    const auto asked = object_member(line, "request");
    const auto subtype = text_member(asked, "subtype");
    Request request;
    request.request_id = text_member(line, "request_id");
    request.tool_use_id = text_member(asked, "tool_use_id");
    request.suggestions = array_member(asked, "permission_suggestions");
    if (subtype == "can_use_tool") {
        request.kind = Request::Kind::permission;
        request.tool = text_member(asked, "tool_name");
        request.input = object_member(asked, "input");
    } else if (subtype == "hook_callback") {
        const auto call = object_member(asked, "input");
        if (text_member(call, "hook_event_name") != "PreToolUse") return std::nullopt;
        request.kind = Request::Kind::hook;
        request.tool = text_member(call, "tool_name");
        request.input = object_member(call, "tool_input");
        if (request.tool_use_id.empty()) request.tool_use_id = text_member(call, "tool_use_id");
    } else if (subtype == "elicitation") {
        request.kind = Request::Kind::elicitation;
    } else {
        return std::nullopt;
    }
    if (request.request_id.empty()) return std::nullopt;
    set_question(request, asked, planned);
    return request;
}

json::object reply_to(const Request& request, std::string_view answer) {
    if (request.kind == Request::Kind::elicitation) return filled(request, answer);
    if (request.tool == "AskUserQuestion") return answered(request, answer);
    // The call goes on, and its answer waits for it.
    if (asked_through_server(request)) return allowed(request, request.input);
    return decided(request, answer);
}

json::object reply_without_answer(const Request& request) {
    if (asked_through_server(request)) return allowed(request, request.input);
    return denied(request, nobody);
}

json::object passed(const Request& request) {
    return allowed(request, request.input);
}

std::optional<Question> asked_through_server(const Request& request) {
    const bool asks = request.kind == Request::Kind::hook &&
                      request.tool == own_server::claude_ask_person && !fault_in_ask(request.input);
    return asks ? std::optional(question_from(request.input, 0)) : std::nullopt;
}

json::object deferral() {
    return hook_output(
        {{"permissionDecision", "defer"}, {"permissionDecisionReason", "nobody has answered yet"}});
}

json::object ask_again(const Request& request) {
    return denied(request, later);
}

std::string user_line(std::string_view text) {
    return json::serialize(json::object{{"type", "user"},
                                        {"message", {{"role", "user"}, {"content", text}}},
                                        {"parent_tool_use_id", nullptr}}) +
           "\n";
}

std::string order_line(std::string_view id, json::object request) {
    return json::serialize(json::object{
               {"type", "control_request"}, {"request_id", id}, {"request", std::move(request)}}) +
           "\n";
}

// Names with `|` between them are compared whole; anything else Claude takes for an expression.
std::string initialize_line(const std::vector<std::string>& ask_before) {
    std::string plain = asking_tools;
    json::array hooks;
    for (const auto& tool : ask_before) {
        if (tool.find_first_of("*-") == std::string::npos)
            plain += "|" + tool;
        else if (tool.ends_with('*'))
            hooks.push_back(hook_before(fmt::format("^{}.*$", tool.substr(0, tool.size() - 1))));
        else
            hooks.push_back(hook_before(fmt::format("^{}$", tool)));
    }
    hooks.insert(hooks.begin(), hook_before(plain));
    return order_line("agentcron-initialize",
                      {{"subtype", "initialize"}, {"hooks", {{"PreToolUse", hooks}}}});
}

std::string cost_line() {
    return order_line(cost_id, {{"subtype", "get_session_cost"}});
}

std::string reply_line(std::string_view request_id, json::object response) {
    return json::serialize(json::object{{"type", "control_response"},
                                        {"response",
                                         {{"subtype", "success"},
                                          {"request_id", request_id},
                                          {"response", std::move(response)}}}}) +
           "\n";
}

std::string refusal_line(std::string_view request_id, std::string_view why) {
    return json::serialize(json::object{
               {"type", "control_response"},
               {"response", {{"subtype", "error"}, {"request_id", request_id}, {"error", why}}}}) +
           "\n";
}

} // namespace agentcron::agent::claude
