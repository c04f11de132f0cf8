#include "agent/codex_thread.hpp"

#include "agent/codex_words.hpp"
#include "agent/json_text.hpp"
#include "base/version.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent::codex {
namespace json = boost::json;
namespace {

constexpr auto version = json_rpc::Version::none;

// Of requests; what a person causes to be sent comes after them.
constexpr std::int64_t initialize_id = 1;
constexpr std::int64_t thread_request_id = 2;
constexpr std::int64_t first_turn_id = 3;
constexpr std::int64_t start_instead_id = 4; // of a thread that could not be resumed
constexpr std::int64_t fixed_id_max = start_instead_id;

// JSON-RPC 2.0, section 5.1: what Codex answers to the id of a thread that it does not know.
constexpr std::int64_t invalid_request_code = -32600;

json::array input_of(const std::vector<std::string>& texts) {
    json::array input;
    for (const auto& text : texts)
        input.push_back({{"type", "text"}, {"text", text}, {"text_elements", json::array{}}});
    return input;
}

std::optional<std::int64_t> number(const json::value& id) {
    const auto* value = id.if_int64();
    return value ? std::optional(*value) : std::nullopt;
}

bool is_invalid_request(const json::value& error) {
    const auto* object = error.if_object();
    const auto* code = object ? object->if_contains("code") : nullptr;
    return code && code->is_int64() && code->get_int64() == invalid_request_code;
}

} // namespace

void Thread::greet() {
    last_id_ = fixed_id_max;
    // Questions of the tool request_user_input come to clients of the experimental API only.
    write(json_rpc::request(
        version, initialize_id, "initialize",
        {{"clientInfo",
          {{"name", "agentcron"}, {"title", "agentcron"}, {"version", base::version()}}},
         {"capabilities", {{"experimentalApi", true}}}}));
}

void Thread::begin(const Brief& brief) {
    if (brief.resumes()) session_id_ = brief.session_id;
    may_begin_anew_ = brief.may_begin_anew;
    cwd_ = brief.working_directory;
    words_anew_ = first_words_anew(brief);
    to_say_.push_back(session_id_.empty() ? words_anew_ : first_words(brief));
    has_task_ = true;
    if (is_greeted_) open_thread();
}

void Thread::open_thread() {
    if (session_id_.empty())
        start_thread(thread_request_id);
    else
        resume_thread();
}

void Thread::resume_thread() {
    write(json_rpc::request(version, thread_request_id, "thread/resume",
                            {{"threadId", session_id_}, {"excludeTurns", true}}));
}

void Thread::start_thread(std::int64_t id) {
    json::object params;
    if (!cwd_.empty()) params["cwd"] = cwd_;
    write(json_rpc::request(version, id, "thread/start", std::move(params)));
}

void Thread::start_turn() {
    const auto id = turn_requests_.empty() ? first_turn_id : ++last_id_;
    turn_requests_.insert(id);
    end_.reset();
    write(json_rpc::request(
        version, id, "turn/start",
        {{"threadId", thread_id_}, {"input", input_of(std::exchange(to_say_, {}))}}));
}

void Thread::steer(const std::string& text) {
    const auto id = ++last_id_;
    steering_[id] = text;
    write(json_rpc::request(
        version, id, "turn/steer",
        {{"threadId", thread_id_}, {"expectedTurnId", turn_id_}, {"input", input_of({text})}}));
}

void Thread::take_result(const json_rpc::Message& message, std::vector<Event>& events) {
    const auto id = number(message.id);
    if (!id || !message.body.is_object()) return;
    const auto& body = message.body.get_object();
    if (*id == initialize_id) {
        write(json_rpc::notification(version, "initialized", {}));
        is_greeted_ = true;
        if (has_task_) open_thread();
        return;
    }
    if (thread_id_.empty() && (*id == thread_request_id || *id == start_instead_id)) {
        thread_id_ = text_member(object_member(body, "thread"), "id");
        if (thread_id_.empty()) return fail("the thread that it opened has no id", events);
        events.push_back(SessionStarted{thread_id_});
        if (!told_to_end_) start_turn();
        return;
    }
    if (body.contains("turn")) return turn_is(object_member(body, "turn"));
    if (steering_.erase(*id) > 0) settle(events);
}

void Thread::take_error(const json_rpc::Message& message, std::vector<Event>& events) {
    const auto id = number(message.id);
    if (!id) return;
    const bool is_refused_resume = *id == thread_request_id && !session_id_.empty();
    if (is_refused_resume && is_invalid_request(message.body)) {
        session_lost_ = json_rpc::error_text(message.body);
        if (may_begin_anew_ && !to_say_.empty()) {
            to_say_.front() = words_anew_;
            return start_thread(start_instead_id);
        }
    }
    if (*id <= fixed_id_max || turn_requests_.contains(*id))
        return fail(json_rpc::error_text(message.body), events, limit_of(message.body, {}));
    const auto refused = steering_.find(*id);
    if (refused == steering_.end()) return;
    to_say_.push_back(std::move(refused->second)); // the turn was over: it begins the next one
    steering_.erase(refused);
    settle(events);
}

void Thread::turn_is(const json::object& turn) {
    const auto id = text_member(turn, "id");
    if (id.empty() || id == turn_id_ || id == over_id_) return;
    turn_id_ = id;
    for (const auto& text : std::exchange(to_say_, {})) steer(text);
}

void Thread::turn_started(const json::object& turn) {
    turn_is(turn);
}

void Thread::turn_completed(const json::object& turn, base::Instant now,
                            std::vector<Event>& events) {
    const auto id = text_member(turn, "id");
    if (!turn_id_.empty() && id != turn_id_) return;
    over_id_ = id;
    turn_id_.clear();
    const auto status = text_member(turn, "status");
    if (status == "completed") {
        end_ = End{End::How::completed, last_message_};
    } else if (status == "interrupted") {
        end_ = End{End::How::interrupted, ""};
    } else {
        const auto* error = turn.if_contains("error");
        const auto why = error ? *error : json::value();
        end_ = End{End::How::failed, failure_in_words(why), limit_of(why, now)};
    }
    settle(events);
}

void Thread::fail(std::string words, std::vector<Event>& events, std::optional<Limit> limit) {
    if (words.empty()) words = "codex refused to begin";
    end_ = End{End::How::failed, std::move(words), std::move(limit)};
    turn_id_.clear();
    to_say_.clear();
    settle(events);
}

// The turn is over; is the work?
void Thread::settle(std::vector<Event>& events) {
    if (!end_ || has_turn() || wants_close_) return;
    if (!told_to_end_) {
        if (!steering_.empty()) return;
        if (!to_say_.empty()) return start_turn();
    }
    wants_close_ = true;
    if (told_to_end_ && end_->how == End::How::interrupted) return;
    events.push_back(result_of(*end_));
}

bool Thread::say(std::string_view text) {
    if (told_to_end_ || wants_close_) return false;
    if (has_turn())
        steer(std::string(text));
    else
        to_say_.emplace_back(text);
    return true;
}

bool Thread::interrupt() {
    to_say_.clear();
    if (!has_turn()) {
        told_to_end_ = wants_close_ = true;
        return false;
    }
    if (!std::exchange(told_to_end_, true))
        write(json_rpc::request(version, ++last_id_, "turn/interrupt",
                                {{"threadId", thread_id_}, {"turnId", turn_id_}}));
    return true;
}

} // namespace agentcron::agent::codex
