#include "agent/jsonl_driver.hpp"

#include "agent/json_text.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {

namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

} // namespace

Start JsonlDriver::start(const Brief& brief) {
    conversation_.begin(brief);
    json::object task{
        {"type", "task"},
        {"task_id", brief.task_id},
        {"attempt", brief.attempt},
        {"schedule", text_or_null(brief.schedule)},
        {"fire_time", text_or_null(brief.fire_time)},
        {"prompt", brief.prompt},
        {"params", brief.params},
    };
    if (!brief.session_id.empty()) task["session_id"] = brief.session_id;
    if (brief.was_limited) task["goes_on"] = true;
    if (brief.answered()) {
        task["resume"] = {{"question_id", brief.answered()->question_id},
                          {"question", brief.answered()->question},
                          {"answer", brief.answered()->answer}};
        if (brief.answered()->expired) {
            auto& resume = task["resume"].get_object();
            resume["answer"] = nullptr;
            resume["timed_out"] = true;
        }
    }
    std::string line = json::serialize(task);
    // As it stands in the database: numbers keep their digits.
    if (!brief.results.empty())
        line.insert(line.size() - 1, fmt::format(",\"results\":{}", brief.results));
    if (!brief.context.empty()) {
        // Its line breaks stand between rows only: within a text JSON escapes them.
        auto context = brief.context;
        std::erase(context, '\n');
        line.insert(line.size() - 1, fmt::format(",\"context\":{}", context));
    }
    return {.stdin_bytes = line + "\n", .stdin_stays_open = true, .env = {}};
}

std::optional<Start> JsonlDriver::start_ahead(const Setting& /*setting*/) {
    return Start{.stdin_bytes = "", .stdin_stays_open = true, .env = {}};
}

std::optional<Feed> JsonlDriver::begin(const Brief& brief) {
    Feed feed;
    feed.stdin_bytes = start(brief).stdin_bytes;
    return feed;
}

void JsonlDriver::receive(const Chunk& chunk, std::vector<Event>& events) {
    conversation_.receive(chunk, events);
}

void JsonlDriver::end_of_output(std::vector<Event>& events) {
    conversation_.end_of_output(events);
}

Feed JsonlDriver::line(const json::object& message) const {
    Feed feed;
    if (!stdin_closed_) feed.stdin_bytes = json::serialize(message) + "\n";
    return feed;
}

Feed JsonlDriver::answer(std::string_view native_id, std::string_view answer) {
    Feed feed;
    feed.reply = conversation_.take_ask(native_id, {{"answer", answer}});
    if (feed.reply) return feed;
    const auto id = conversation_.take_question(native_id);
    return id ? line({{"type", "answer"}, {"id", *id}, {"answer", answer}}) : feed;
}

Feed JsonlDriver::no_answer(std::string_view native_id) {
    Feed feed;
    feed.reply = conversation_.take_ask(native_id, {{"answer", nullptr}, {"timed_out", true}});
    if (feed.reply) return feed;
    const auto id = conversation_.take_question(native_id);
    if (!id) return feed;
    return line({{"type", "answer"}, {"id", *id}, {"answer", nullptr}, {"timed_out", true}});
}

Feed JsonlDriver::message(std::string_view text) {
    return line({{"type", "message"}, {"text", text}});
}

Feed JsonlDriver::cancel() {
    return line({{"type", "cancel"}});
}

Feed JsonlDriver::after_events() {
    Feed feed;
    if (conversation_.result() && !stdin_closed_) feed.close_stdin = stdin_closed_ = true;
    feed.reply = conversation_.take_due_reply();
    return feed;
}

Verdict JsonlDriver::finish(const Exit& exit) {
    if (auto verdict = conversation_.verdict_against_success(exit))
        return because_of(conversation_.limit(), std::move(*verdict));
    if (conversation_.result()) return {Verdict::Kind::succeeded, "", ""};
    if (conversation_.ready_while_waiting())
        return {Verdict::Kind::asked_and_left, "", "left to wait for an answer"};
    return because_of(
        conversation_.limit(),
        {Verdict::Kind::failed, "protocol",
         fmt::format("exited with code {}{} but without a result line; an agent of driver jsonl "
                     R"(ends with {{"type":"result",...}} on stdout)",
                     *exit.code, conversation_.was_ready() ? ", or was ready again," : "")});
}

bool is_ready_line(std::string_view line) {
    constexpr std::size_t longest = 200;
    if (line.size() > longest || line.find("ready") == std::string_view::npos) return false;
    const auto message = parse_object(line);
    return message && text_member(*message, "type") == "ready";
}

std::string ask_id_of(std::string_view ask) {
    const auto object = parse_object(ask);
    return object ? text_member(*object, "id") : "";
}

} // namespace agentcron::agent
