// What the agent says; acp_driver.cpp has what it is told.
#include "agent/acp_driver.hpp"
#include "agent/acp_permission.hpp"
#include "agent/json_text.hpp"
#include "agent/messages.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {
namespace json = boost::json;
namespace {

using Kind = json_rpc::Message::Kind;

constexpr int auth_required = -32000; // ACP, "Authentication"
constexpr auto other_row = "protocol";

std::string row_of(std::string_view update) {
    if (update == "agent_message_chunk") return "message";
    if (update == "agent_thought_chunk") return "thought";
    if (update == "tool_call" || update == "tool_call_update") return "tool";
    if (update == "usage_update") return "usage";
    auto word = kind_of(json::object{{"type", update}});
    return word == "message" ? other_row : word; // no plain word
}

json::object body_of(const json_rpc::Message& message) {
    const auto* object = message.body.if_object();
    return object ? *object : json::object{};
}

bool is_true(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_bool() && value->get_bool();
}

std::string names_of(const json::value* methods) {
    std::string names;
    if (!methods || !methods->is_array()) return names;
    for (const auto& method : methods->get_array()) {
        const auto* object = method.if_object();
        if (!object) continue;
        auto name = text_member(*object, "name");
        if (name.empty()) name = text_member(*object, "id");
        if (!name.empty()) names += (names.empty() ? "" : ", ") + name;
    }
    return names;
}

} // namespace

void AcpDriver::receive(const Chunk& chunk, Events& events) {
    const auto before = static_cast<std::ptrdiff_t>(events.size());
    conversation_.receive(chunk, events);
    if (order_ != Order::park) return;
    // An agent that parks takes back what it asked, and what its tools asked.
    events.erase(
        std::remove_if(events.begin() + before, events.end(),
                       [](const Event& event) { return std::holds_alternative<Withdrawn>(event); }),
        events.end());
}

void AcpDriver::end_of_output(Events& events) {
    conversation_.end_of_output(events);
}

std::string AcpDriver::read(const json::object& line, Events& events) {
    const auto message = json_rpc::read(line);
    if (!message) return other_row;
    switch (message->kind) {
    case Kind::request: return read_request(*message, events);
    case Kind::notification: return read_notification(*message, events);
    case Kind::result:
    case Kind::error: return read_answer(*message, events);
    }
    return other_row;
}

std::string AcpDriver::read_request(const json_rpc::Message& request, Events& events) {
    auto asked = acp::asked_by(request);
    if (!asked) {
        outbox_ += json_rpc::method_not_found(json_rpc::Version::two, request.id, request.method);
        return other_row;
    }
    const auto stored = std::find_if(stored_.begin(), stored_.end(), [&](const auto& answered) {
        return acp::is_same_request(answered.request, asked->question.request);
    });
    if (order_ != Order::none || stage_ == Stage::over) {
        reply(asked->id, acp::cancelled_reply(*asked));
    } else if (asks_for_own_tool(*asked)) {
        reply_as_told(*asked, "allow");
        return other_row;
    } else if (stored != stored_.end()) {
        if (stored->expired)
            reply_without_answer(*asked);
        else
            reply_as_told(*asked, stored->answer); // the prompt told the rest
        stored_.erase(stored);
    } else {
        events.push_back(asked->question);
        auto name = asked->question.native_id;
        open_.insert_or_assign(std::move(name), std::move(*asked));
    }
    return "question";
}

// The tools by which an agent asks a person need no leave of one.
bool AcpDriver::asks_for_own_tool(const acp::Asked& asked) const {
    return asked.form == acp::Asked::Form::permission && !brief_.mcp_server.empty() &&
           acp::is_for_own_tool(asked.params);
}

std::string AcpDriver::read_notification(const json_rpc::Message& notification, Events& events) {
    const auto params = body_of(notification);
    if (notification.method == "session/update") return read_update(params, events);
    if (notification.method == "$/cancel_request") {
        const auto* id = params.if_contains("requestId");
        const auto asked = id ? open_.find(json_rpc::name_of(*id)) : open_.end();
        if (asked != open_.end())
            withdraw(std::string(asked->first), acp::cancelled_reply(asked->second), events);
    } else if (notification.method == "elicitation/complete") {
        const auto id = text_member(params, "elicitationId");
        const auto asked = std::find_if(open_.begin(), open_.end(), [&](const auto& open) {
            return !id.empty() && text_member(open.second.params, "elicitationId") == id;
        });
        if (asked != open_.end())
            withdraw(std::string(asked->first), {{"action", "accept"}}, events);
    }
    return other_row;
}

std::string AcpDriver::read_update(const json::object& params, Events& events) {
    const auto* update = find_object(params, "update");
    if (!update) return other_row;
    const auto kind = text_member(*update, "sessionUpdate");
    const auto session = text_member(params, "sessionId");
    const bool is_other = !session_id_.empty() && !session.empty() && session != session_id_;
    if (is_other) return row_of(kind); // of a session that the agent opened by itself
    if (kind == "usage_update" && meter_.take_update(*update)) events.push_back(meter_.usage());
    if (is_history_) return "history"; // told again: it has rows of its own in an earlier leg
    if (kind == "tool_call" || kind == "tool_call_update") denials_.take(*update);
    if (kind == "tool_call" && meter_.take_call(text_member(*update, "toolCallId")))
        events.push_back(meter_.usage());
    if (stage_ == Stage::prompt) turn_.take(*update);
    return row_of(kind);
}

std::string AcpDriver::read_answer(const json_rpc::Message& answer, Events& events) {
    const std::string row = answer.kind == Kind::error ? "error" : other_row;
    // Also of a prompt that a driver which only replays did not send.
    const bool ends_turn =
        stage_ == Stage::over && failure_.empty() && body_of(answer).contains("stopReason");
    if (answer.id != json::value(requests_sent_ - 1) && !ends_turn) return row;
    switch (stage_) {
    case Stage::initialize: initialized(answer, events); return row;
    case Stage::session: session_opened(answer, events); return row;
    case Stage::task: return row;
    case Stage::over:
        if (!ends_turn) return row;
        [[fallthrough]];
    case Stage::prompt: break;
    }
    turn_ended(answer, events);
    return answer.kind == Kind::error ? "error" : "result";
}

void AcpDriver::initialized(const json_rpc::Message& answer, Events& events) {
    if (answer.kind == Kind::error) limit_ = limit_of(answer.body);
    if (answer.kind == Kind::error)
        return fail("the agent refused to begin: " + acp::error_words(answer.body), events);
    const auto body = body_of(answer);
    const auto* version = body.if_contains("protocolVersion");
    if (!version || *version != json::value(1))
        return fail(fmt::format("the agent speaks version {} of the Agent Client Protocol; "
                                "agentcron speaks version 1",
                                version ? plain_text(*version) : "(none)"),
                    events);
    logins_ = names_of(body.if_contains("authMethods"));
    if (const auto* can = find_object(body, "agentCapabilities")) {
        const auto* sessions = find_object(*can, "sessionCapabilities");
        can_resume_ = sessions && find_object(*sessions, "resume");
        can_load_ = is_true(*can, "loadSession");
    }
    if (order_ == Order::none) open_session(events);
}

void AcpDriver::session_opened(const json_rpc::Message& answer, Events& events) {
    is_history_ = false;
    if (answer.kind == Kind::error) return session_refused(answer.body, events);
    session_id_ = session_goes_on_ ? brief_.session_id : text_member(body_of(answer), "sessionId");
    if (session_id_.empty()) return fail("the agent opened a session without an id", events);
    events.push_back(SessionStarted{session_id_});
    if (order_ != Order::none) return;
    if (has_task_)
        prompt(first_prompt());
    else
        stage_ = Stage::task;
}

void AcpDriver::session_refused(const json::value& error, Events& events) {
    const auto words = acp::error_words(error);
    limit_ = limit_of(error);
    if (limit_ && limit_->kind == Limit::Kind::login) {
        limit_->words = words + (logins_.empty() ? "" : ". It knows: " + logins_);
        return fail("the agent needs a login: " + limit_->words, events);
    }
    if (limit_) return fail(words, events);
    if (!session_goes_on_) return fail("the agent opened no session: " + words, events);
    session_lost_ = words;
    meter_ = {};
    if (order_ == Order::none) open_session(events);
}

void AcpDriver::turn_ended(const json_rpc::Message& answer, Events& events) {
    while (!open_.empty()) { // what a turn asked ends with it
        events.push_back(Withdrawn{open_.begin()->first});
        open_.erase(open_.begin());
    }
    const auto body = body_of(answer);
    meter_.take_end();
    if (answer.kind == Kind::result) meter_.take_answer(body);
    events.push_back(meter_.usage());
    if (answer.kind == Kind::result && order_ == Order::none && !messages_.empty()) {
        const auto next = std::move(messages_.front());
        messages_.pop_front();
        return prompt(next);
    }
    stage_ = Stage::over;
    if (order_ == Order::park) return;
    result_ = answer.kind == Kind::error ? acp::failure(acp::error_words(answer.body))
                                         : turn_.result_of(body, was_denied_);
    limit_.reset();
    if (answer.kind == Kind::error)
        limit_ = limit_of(answer.body);
    else if (turn_.has_system_error())
        limit_ = limit_from_words(result_->summary, conversation_.last_at());
    events.push_back(*result_);
}

// By the kind that an agent gives its error, a status of HTTP as its code, or its words.
std::optional<Limit> AcpDriver::limit_of(const json::value& error) const {
    const auto* object = error.if_object();
    if (!object) return std::nullopt;
    const auto words = limit_from_words(acp::error_words(error), conversation_.last_at());
    std::optional<Limit> limit;
    if (const auto* data = find_object(*object, "data"))
        limit = limit_from_kind(text_member(*data, "errorKind"));
    const auto* code = object->if_contains("code");
    if (!limit && code && *code == json::value(auth_required)) limit = Limit{Limit::Kind::login};
    if (!limit && code && code->is_int64()) limit = limit_from_status(code->get_int64());
    if (!limit) return words;
    if (words) limit->until = words->until;
    return limit;
}

void AcpDriver::withdraw(std::string_view native_id, json::object body, Events& events) {
    const auto asked = open_.find(native_id);
    reply(asked->second.id, std::move(body));
    events.push_back(Withdrawn{asked->first});
    open_.erase(asked);
}

void AcpDriver::fail(std::string words, Events& events) {
    stage_ = Stage::over;
    failure_ = std::move(words);
    events.push_back(Result{false, "", base::one_line(failure_, headline_bytes_max)});
}

} // namespace agentcron::agent
