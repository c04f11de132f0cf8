#include "agent/conversation.hpp"

#include "agent/json_text.hpp"
#include "agent/messages.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstring>
#include <iterator>
#include <spdlog/fmt/fmt.h>
#include <utility>

namespace agentcron::agent {

namespace {

namespace json = boost::json;

constexpr std::size_t error_tail_bytes_max = 4096;
// EX_TEMPFAIL of sysexits.h: come back later.
constexpr int asked_and_left_code = 75;

std::uint64_t last_position(const Chunk& chunk) {
    return chunk.position + chunk.bytes.size() - 1;
}

std::string exit_message(const Exit& exit) {
    if (exit.code) return fmt::format("exited with code {}", *exit.code);
    if (!exit.signal) return "ended in an unknown way";
    const char* name = ::sigabbrev_np(*exit.signal);
    return name ? fmt::format("killed by SIG{}", name)
                : fmt::format("killed by signal {}", *exit.signal);
}

} // namespace

// Plain lines are kept in one row as far as one chunk and the next message reach: a row for each
// line of a talkative program would cost more than the line.
struct Conversation::Text {
    std::uint64_t position = 0;
    std::string bytes;

    void flush(Stream stream, base::Instant at, std::vector<Event>& events) {
        if (bytes.empty()) return;
        events.push_back(Output{position, at, stream, "text", std::exchange(bytes, {})});
    }
};

void Conversation::receive(const Chunk& chunk, std::vector<Event>& events) {
    if (chunk.bytes.empty()) return;
    end_ = chunk.position + chunk.bytes.size();
    last_at_ = chunk.at;
    switch (chunk.stream) {
    case Stream::out:
        if (stdout_form_ == Stdout::messages) return receive_lines(out_, chunk, events);
        break;
    case Stream::err:
        error_tail_ += chunk.bytes.substr(chunk.bytes.size() -
                                          std::min(chunk.bytes.size(), error_tail_bytes_max));
        if (error_tail_.size() > error_tail_bytes_max)
            error_tail_.erase(0, error_tail_.size() - error_tail_bytes_max);
        break;
    case Stream::event: return receive_lines(event_, chunk, events);
    case Stream::ask: return add_ask(chunk, events);
    }
    events.push_back(
        Output{last_position(chunk), chunk.at, chunk.stream, "text", std::string(chunk.bytes)});
}

void Conversation::receive_lines(LineFramer& framer, const Chunk& chunk,
                                 std::vector<Event>& events) {
    Text text;
    framer.push(chunk.position, chunk.bytes);
    while (const auto piece = framer.next())
        add_piece(*piece, chunk.stream, chunk.at, text, events);
    text.flush(chunk.stream, chunk.at, events);
}

void Conversation::end_of_output(std::vector<Event>& events) {
    // The rows of incomplete lines come after all others, beyond the last byte of the spool.
    for (const Stream stream : {Stream::out, Stream::event}) {
        const auto piece = (stream == Stream::out ? out_ : event_).finish(end_);
        if (!piece) continue;
        Text text;
        add_piece(*piece, stream, last_at_, text, events);
        text.flush(stream, last_at_, events);
        ++end_;
    }
}

void Conversation::add_piece(const LineFramer::Piece& piece, Stream stream, base::Instant at,
                             Text& text, std::vector<Event>& events) {
    const auto message = piece.is_line ? parse_object(piece.bytes) : std::nullopt;
    if (message && read_ && stream == Stream::out) {
        text.flush(stream, at, events);
        const std::string_view line = base::trim(piece.bytes);
        std::vector<Event> meant;
        std::string kind = read_(*message, line, meant);
        events.push_back(
            Output{piece.position, at, stream, std::move(kind), std::string(piece.bytes)});
        std::move(meant.begin(), meant.end(), std::back_inserter(events));
        return;
    }
    const json::value* type = message ? message->if_contains("type") : nullptr;
    if (!type || !type->is_string()) { // output that only looks like JSON, or not even that
        text.position = piece.position;
        text.bytes += piece.bytes;
        return;
    }
    text.flush(stream, at, events);
    if (stream == Stream::out && text_member(*message, "type") == "ready") {
        was_ready_ = true;
        ready_while_waiting_ = is_waiting();
    }
    events.push_back(
        Output{piece.position, at, stream, kind_of(*message), std::string(piece.bytes)});
    add_message(*message, base::trim(piece.bytes), stream, events);
}

void Conversation::add_message(const json::object& message, std::string_view line, Stream stream,
                               std::vector<Event>& events) {
    const std::string type = text_member(message, "type");
    if (type == "question" && stream == Stream::out) {
        Question question = question_from(message, ++questions_asked_);
        if (question.park_at_once) left_to_park_.insert(question.native_id);
        const json::value* id = message.if_contains("id");
        questions_[question.native_id] =
            id && !id->is_null() ? *id : json::value(question.native_id);
        events.push_back(std::move(question));
    } else if (type == "withdrawn" && stream == Stream::out) {
        const json::value* id = message.if_contains("id");
        if (!id) return;
        questions_.erase(plain_text(*id));
        left_to_park_.erase(plain_text(*id));
        events.push_back(Withdrawn{plain_text(*id)});
    } else if (type == "usage") {
        const Usage usage = usage_from(message);
        if (usage.cost_usd) usage_.cost_usd = usage.cost_usd;
        if (usage.input_tokens) usage_.input_tokens = usage.input_tokens;
        if (usage.output_tokens) usage_.output_tokens = usage.output_tokens;
        if (usage.turns) usage_.turns = usage.turns;
        events.push_back(usage_);
    } else if (type == "limit") {
        limit_ = limit_from(message);
    } else if (type == "session") {
        std::string id = text_member(message, "session_id");
        if (!id.empty()) events.push_back(SessionStarted{std::move(id)});
    } else if (type == "result") {
        result_ = result_from(message, line);
        events.push_back(*result_);
    }
}

void Conversation::add_ask(const Chunk& chunk, std::vector<Event>& events) {
    Output row{last_position(chunk), chunk.at, Stream::ask, "text", std::string(chunk.bytes)};
    const auto ask = parse_object(chunk.bytes);
    const std::string id = ask ? text_member(*ask, "id") : "";
    if (id.empty()) { // nobody could be answered
        events.push_back(std::move(row));
        return;
    }
    const json::value* withdrawn = ask->if_contains("withdrawn");
    const bool is_withdrawal = withdrawn && withdrawn->is_bool() && withdrawn->get_bool();
    const std::string type = text_member(*ask, "type");
    const bool is_report = type == "progress" || type == "result";
    row.kind = is_withdrawal ? "withdrawn" : is_report ? type : "question";
    events.push_back(std::move(row));
    if (is_withdrawal) {
        asks_.erase(id);
        left_to_park_.erase(id);
        return events.push_back(Withdrawn{id});
    }
    if (!is_report) return add_question(*ask, events);
    due_replies_.push_back({id, R"({"ok":true})"});
    if (type == "progress") return events.push_back(progress_from(*ask));
    handed_in_ = result_from(*ask, chunk.bytes);
    handed_in_->is_handed_in = true;
    events.push_back(*handed_in_);
}

void Conversation::add_question(const json::object& ask, std::vector<Event>& events) {
    Question question = question_from(ask, 0);
    question.request = request_of_ask(question);
    if (const auto kept = take_kept(question.request)) {
        auto reply = kept->expired ? json::object{{"answer", nullptr}, {"timed_out", true}}
                                   : json::object{{"answer", kept->answer}};
        due_replies_.push_back({question.native_id, json::serialize(reply)});
        return;
    }
    asks_.insert(question.native_id);
    if (question.park_at_once) {
        left_to_park_.insert(question.native_id);
        due_replies_.push_back(*take_ask(question.native_id, {{"parked", true}}));
    }
    events.push_back(std::move(question));
}

void Conversation::begin(const Brief& brief) {
    for (const auto& answered : brief.answers)
        if (!answered.request.empty() && was_asked_on_the_side(answered)) kept_.push_back(answered);
}

// Each answer is good for one question: "yes" was said once.
std::optional<Brief::Answered> Conversation::take_kept(const std::string& request) {
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const auto& kept) {
        return is_same_object(kept.request, request);
    });
    if (found == kept_.end()) return std::nullopt;
    auto kept = std::move(*found);
    kept_.erase(found);
    return kept;
}

std::optional<json::value> Conversation::take_question(std::string_view native_id) {
    const auto found = questions_.find(native_id);
    if (found == questions_.end()) return std::nullopt;
    json::value id = std::move(found->second);
    questions_.erase(found);
    return id;
}

std::optional<Feed::Reply> Conversation::take_ask(std::string_view native_id,
                                                  const json::object& reply) {
    const auto found = asks_.find(native_id);
    if (found == asks_.end()) return std::nullopt;
    Feed::Reply taken{*found, json::serialize(reply)};
    asks_.erase(found);
    return taken;
}

std::optional<Feed::Reply> Conversation::take_due_reply() {
    if (due_replies_.empty()) return std::nullopt;
    auto reply = std::move(due_replies_.front());
    due_replies_.erase(due_replies_.begin());
    return reply;
}

const std::optional<Result>& Conversation::counting_result() const {
    return handed_in_ ? handed_in_ : result_;
}

std::string Conversation::end_in_words(const Exit& exit) const {
    const std::string detail = last_error_line();
    return detail.empty() ? exit_message(exit) : fmt::format("{}: {}", exit_message(exit), detail);
}

std::optional<Verdict> Conversation::verdict_against_success(const Exit& exit) const {
    const auto failed = [&](std::string_view reason, std::string_view detail) {
        std::string message = exit_message(exit);
        if (!detail.empty()) message += fmt::format(": {}", detail);
        return Verdict{Verdict::Kind::failed, std::string(reason), std::move(message)};
    };
    const auto& result = counting_result();
    const bool confessed = result && !result->ok;
    const std::string detail =
        confessed && !result->summary.empty() ? result->summary : last_error_line();
    if (exit.signal) return failed("signal", detail);
    if (!exit.code) return failed("protocol", "");
    if (*exit.code == asked_and_left_code && is_waiting())
        return Verdict{Verdict::Kind::asked_and_left, "", "left to wait for an answer"};
    if (!exit.is_good()) return failed("exit_code", detail);
    if (!confessed) return std::nullopt;
    return Verdict{Verdict::Kind::failed, "exit_code",
                   result->summary.empty() ? "the agent's result says that it failed"
                                           : result->summary};
}

// The last words of stderr that are not blank: nearly always the reason.
std::string Conversation::last_error_line() const {
    std::string_view tail = base::trim(error_tail_);
    tail = tail.substr(tail.find_last_of("\r\n") + 1);
    return base::is_utf8(tail) ? base::one_line(tail, headline_bytes_max) : "";
}

} // namespace agentcron::agent
