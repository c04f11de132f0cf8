#include "agent/codex_exec.hpp"

#include "agent/codex_words.hpp"
#include "agent/json_text.hpp"
#include "agent/messages.hpp"
#include "agent/own_server.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent::codex {
namespace json = boost::json;
namespace {

// Codex's error, on stderr, about the id of a thread that it does not know.
constexpr std::string_view no_thread = "no rollout found for thread id";

bool holds(const std::vector<std::string>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<std::int64_t> tokens(const json::object& usage, std::string_view key) {
    const auto* value = usage.if_contains(key);
    if (!value || !value->is_int64() || value->get_int64() < 0) return std::nullopt;
    return value->get_int64();
}

} // namespace

bool Exec::is_in(const std::vector<std::string>& command) {
    return holds(command, "exec");
}

Start Exec::start(const Brief& brief) {
    resumes_ = brief.resumes();
    session_id_ = brief.session_id;
    Start start;
    conversation_.begin(brief);
    start.arguments = own_server::codex_arguments(brief.mcp_server);
    start.stdin_bytes = resumes_ ? first_words(brief) : first_words_anew(brief);
    if (resumes_) start.arguments.push_back("resume");
    if (!holds(brief.command, "--json")) start.arguments.push_back("--json");
    if (resumes_) start.arguments.push_back(brief.session_id);
    start.arguments.push_back("-");
    return start;
}

void Exec::receive(const Chunk& chunk, std::vector<Event>& events) {
    conversation_.receive(chunk, events);
}

void Exec::end_of_output(std::vector<Event>& events) {
    conversation_.end_of_output(events);
}

std::string Exec::read(const json::object& line, std::vector<Event>& events) {
    const auto type = text_member(line, "type");
    if (type.starts_with("item.")) {
        const auto& item = object_member(line, "item");
        if (type == "item.completed") item_told(item);
        return kind_of_item(text_member(item, "type"));
    }
    if (type == "thread.started") {
        if (auto id = text_member(line, "thread_id"); !id.empty())
            events.push_back(SessionStarted{std::move(id)});
    } else if (type == "turn.completed") {
        // Of a resumed thread the tokens are those of all its turns, and no line tells them apart.
        const auto& usage = object_member(line, "usage");
        if (!resumes_ && !usage.empty())
            events.push_back(
                Usage{std::nullopt, tokens(usage, "input_tokens"), tokens(usage, "output_tokens")});
        turn_ended({End::How::completed, last_message_}, events);
    } else if (type == "turn.failed") {
        const auto* error = line.if_contains("error");
        const auto why = error ? *error : json::value();
        turn_ended(
            {End::How::failed, failure_in_words(why), limit_of(why, conversation_.last_at())},
            events);
    } else if (type == "error") { // perhaps only a retry
        remains_.last_error = failure_in_words(line);
    }
    return kind_of_method(type);
}

void Exec::item_told(const json::object& item) {
    const auto type = text_member(item, "type");
    if (type == "agent_message") last_message_ = text_member(item, "text");
    if (text_member(item, "status") != "declined") return;
    const auto command = text_member(item, "command");
    remains_.declined.push_back(
        base::one_line(command.empty() ? type : command, headline_bytes_max));
}

void Exec::turn_ended(End end, std::vector<Event>& events) {
    events.push_back(result_of(end));
    remains_.end = std::move(end);
}

Feed Exec::answer(std::string_view native_id, std::string_view answer) {
    Feed feed;
    feed.reply = conversation_.take_ask(native_id, {{"answer", answer}});
    return feed;
}

Feed Exec::no_answer(std::string_view native_id) {
    Feed feed;
    feed.reply = conversation_.take_ask(native_id, {{"answer", nullptr}, {"timed_out", true}});
    return feed;
}

Feed Exec::message(std::string_view) {
    return {};
}

Feed Exec::cancel() {
    return {};
}

Feed Exec::after_events() {
    Feed feed;
    feed.reply = conversation_.take_due_reply();
    return feed;
}

Verdict Exec::finish(const Exit& exit) {
    if (resumes_ && !remains_.end && conversation_.has_warned_of(no_thread))
        return {Verdict::Kind::failed, "protocol",
                fmt::format("codex: {} {}", no_thread, session_id_), true};
    return verdict_on(remains_, conversation_, exit);
}

} // namespace agentcron::agent::codex
