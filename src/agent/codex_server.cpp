#include "agent/codex_server.hpp"

#include "agent/codex_words.hpp"
#include "agent/json_text.hpp"
#include "agent/messages.hpp"
#include "agent/own_server.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace agentcron::agent::codex {
namespace json = boost::json;
namespace {

constexpr auto version = json_rpc::Version::none;

// What an item that was refused is about.
std::string subject_of(const json::object& item) {
    auto text = text_member(item, "command");
    for (const auto& value : array_member(item, "changes"))
        if (text.empty() && value.is_object()) text = text_member(value.get_object(), "path");
    return base::one_line(text.empty() ? text_member(item, "type") : text, headline_bytes_max);
}

bool flag(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_bool() && value->get_bool();
}

} // namespace

Start Server::start(const Brief& brief) {
    auto start = *start_ahead(setting_of(brief));
    start.stdin_bytes += begin(brief)->stdin_bytes;
    return start;
}

std::optional<Start> Server::start_ahead(const Setting& setting) {
    thread_.greet();
    Start start{.stdin_bytes = thread_.take_bytes(),
                .stdin_stays_open = true,
                .env = {},
                .arguments = own_server::codex_arguments(setting.mcp_server)};
    start.arguments.push_back("app-server");
    return start;
}

std::optional<Feed> Server::begin(const Brief& brief) {
    if (thread_.takes_no_more()) return std::nullopt; // it was refused
    stored_ = brief.answers;
    conversation_.begin(brief);
    thread_.begin(brief);
    return taken_bytes();
}

void Server::receive(const Chunk& chunk, std::vector<Event>& events) {
    conversation_.receive(chunk, events);
}

void Server::end_of_output(std::vector<Event>& events) {
    conversation_.end_of_output(events);
}

std::string Server::read(const json::object& line, std::vector<Event>& events) {
    const auto message = json_rpc::read(line);
    if (!message) return "notice";
    switch (message->kind) {
    case json_rpc::Message::Kind::request: return asked(*message, events);
    case json_rpc::Message::Kind::notification: {
        const auto* params = message->body.if_object();
        return told(message->method, params ? *params : json::object{}, events);
    }
    case json_rpc::Message::Kind::result: thread_.take_result(*message, events); return "response";
    case json_rpc::Message::Kind::error: thread_.take_error(*message, events); return "error";
    }
    return "notice";
}

std::string Server::asked(const json_rpc::Message& message, std::vector<Event>& events) {
    const auto* params = message.body.if_object();
    const auto item = params ? changes_.find(text_member(*params, "itemId")) : changes_.end();
    auto request = request_from(message, item == changes_.end() ? nullptr : &item->second);
    if (!request) {
        thread_.write(json_rpc::method_not_found(version, message.id, message.method));
        return kind_of_method(message.method);
    }
    if (!request->item_id.empty()) items_asked_.insert(request->item_id);
    if (const auto stored = take_stored(*request)) {
        write_reply(*request, stored->expired ? reply_without_answer(*request)
                                              : reply_to(*request, stored->answer));
        return "question";
    }
    const auto name = request->question.native_id;
    asked_.insert(name);
    events.push_back(request->question);
    open_.insert_or_assign(name, std::move(*request));
    return "question";
}

// Each answer is good for one request: "this once" was said once.
std::optional<Brief::Answered> Server::take_stored(const Request& request) {
    const auto found = std::find_if(stored_.begin(), stored_.end(), [&](const auto& answered) {
        return is_same_request(answered.request, request.question.request);
    });
    if (found == stored_.end()) return std::nullopt;
    auto answered = std::move(*found);
    stored_.erase(found);
    return answered;
}

// The remark goes first: what the reply sets going takes it along.
void Server::write_reply(const Request& request, const Reply& reply) {
    if (!reply.remark.empty()) thread_.say(reply.remark);
    thread_.write(json_rpc::result(version, request.id, reply.body));
}

std::string Server::told(const std::string& method, const json::object& params,
                         std::vector<Event>& events) {
    const bool is_own = thread_.is(text_member(params, "threadId"));
    if (method == "item/started" || method == "item/completed") {
        item_told(method == "item/completed", params);
        return kind_of_item(text_member(object_member(params, "item"), "type"));
    }
    if (method == "turn/started" && is_own) {
        thread_.turn_started(object_member(params, "turn"));
    } else if (method == "turn/completed" && is_own) {
        thread_.turn_completed(object_member(params, "turn"), conversation_.last_at(), events);
    } else if (method == "thread/tokenUsage/updated") {
        tokens_.take(params, !thread_.has_begun());
        events.push_back(tokens_.total());
    } else if (method == "account/rateLimits/updated") {
        limits_told(object_member(params, "rateLimits"));
    } else if (method == "serverRequest/resolved") {
        resolved(params, events);
    } else if (method == "error" && !flag(params, "willRetry")) {
        const auto* error = params.if_contains("error");
        last_error_ = failure_in_words(error ? *error : json::value());
    }
    return kind_of_method(method);
}

void Server::item_told(bool is_over, const json::object& params) {
    const auto& item = object_member(params, "item");
    const auto type = text_member(item, "type");
    const auto id = text_member(item, "id");
    if (!is_over) {
        if (type == "fileChange") changes_[id] = array_member(item, "changes");
        return;
    }
    changes_.erase(id);
    if (type == "agentMessage" && thread_.is(text_member(params, "threadId")))
        thread_.agent_said(text_member(item, "text"));
    if (text_member(item, "status") == "declined" && !items_asked_.contains(id))
        declined_.push_back(subject_of(item));
}

// Of the windows that are used up, the one that lasts longest.
void Server::limits_told(const json::object& limits) {
    constexpr std::int64_t all_used = 100;
    for (const auto* name : {"primary", "secondary"}) {
        const auto& window = object_member(limits, name);
        const auto* used = window.if_contains("usedPercent");
        const auto* resets = window.if_contains("resetsAt");
        if (!used || !used->is_int64() || used->get_int64() < all_used) continue;
        if (!resets || !resets->is_int64()) continue;
        const auto at = instant_from_epoch(resets->get_int64());
        if (at && (!limit_ends_ || *limit_ends_ < *at)) limit_ends_ = at;
    }
}

// Codex says so of every request that is closed, also of one that it got its answer for.
void Server::resolved(const json::object& params, std::vector<Event>& events) {
    const auto* id = params.if_contains("requestId");
    if (!id || parked_) return;
    const auto name = json_rpc::name_of(*id);
    open_.erase(name);
    if (asked_.erase(name) > 0) events.push_back(Withdrawn{name});
}

Feed Server::taken_bytes() {
    Feed feed;
    if (!stdin_closed_) feed.stdin_bytes = thread_.take_bytes();
    return feed;
}

Feed Server::answer(std::string_view native_id, std::string_view answer) {
    Feed feed;
    feed.reply = conversation_.take_ask(native_id, {{"answer", answer}});
    if (feed.reply) return feed;
    const auto found = open_.find(native_id);
    if (found == open_.end()) return feed;
    write_reply(found->second, reply_to(found->second, answer));
    open_.erase(found);
    return taken_bytes();
}

Feed Server::no_answer(std::string_view native_id) {
    Feed feed;
    feed.reply = conversation_.take_ask(native_id, {{"answer", nullptr}, {"timed_out", true}});
    if (feed.reply) return feed;
    const auto found = open_.find(native_id);
    if (found == open_.end()) return feed;
    items_asked_.erase(found->second.item_id);
    write_reply(found->second, reply_without_answer(found->second));
    open_.erase(found);
    return taken_bytes();
}

Feed Server::message(std::string_view text) {
    const bool is_taken = thread_.say(text);
    auto feed = taken_bytes();
    feed.is_kept = is_taken && feed.stdin_bytes.empty();
    return feed;
}

// The turn's end is told of, and then stdin closes, which ends the process.
Feed Server::cancel() {
    const bool runs = thread_.interrupt();
    auto feed = taken_bytes();
    feed.ends_by_itself = runs;
    if (!runs && !stdin_closed_) feed.close_stdin = stdin_closed_ = true;
    return feed;
}

Feed Server::park() {
    parked_ |= !open_.empty() || conversation_.is_waiting();
    return cancel();
}

Feed Server::after_events() {
    auto feed = taken_bytes();
    feed.reply = conversation_.take_due_reply();
    if (thread_.takes_no_more() && !stdin_closed_) feed.close_stdin = stdin_closed_ = true;
    return feed;
}

Verdict Server::finish(const Exit& exit) {
    const auto& end = thread_.end();
    const bool was_done = end && end->how == End::How::completed;
    if (parked_ && !was_done && exit.is_good())
        return {Verdict::Kind::asked_and_left, "", "ended while it waits for an answer"};
    const auto& lost = thread_.session_lost();
    if (!lost.empty() && !thread_.has_opened())
        return {Verdict::Kind::failed, "protocol", lost, true};
    auto verdict = verdict_on({end, last_error_, declined_, lost}, conversation_, exit);
    if (verdict.kind == Verdict::Kind::limited && !verdict.until) verdict.until = limit_ends_;
    return verdict;
}

} // namespace agentcron::agent::codex
