// What is told to the agent and when; acp_reading.cpp has what it says.
#include "agent/acp_driver.hpp"

#include "agent/json_text.hpp"
#include "agent/messages.hpp"
#include "agent/own_server.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {
namespace json = boost::json;
namespace {

constexpr auto version = json_rpc::Version::two;

json::object initialize_params() {
    return {{"protocolVersion", 1},
            {"clientCapabilities",
             {{"fs", {{"readTextFile", false}, {"writeTextFile", false}}},
              {"terminal", false},
              {"elicitation", {{"form", json::object{}}, {"url", json::object{}}}},
              // What the agent's program has to say would be the agent's words else.
              {"session", {{"notices", json::object{}}}}}},
            {"clientInfo", {{"name", "agentcron"}, {"version", base::version()}}}};
}

std::string told(const std::vector<Brief::Answered>& answers) {
    std::string text;
    for (const auto& answered : answers) {
        text += fmt::format("You asked: {}\n", answered.question);
        text += answered.expired ? "Nobody answered in time: go on without an answer.\n\n"
                                 : fmt::format("The person answered: {}\n\n", answered.answer);
    }
    return text;
}

// The last line, if it asks something.
std::string closing_question(std::string_view text) {
    text = base::trim(text);
    if (!text.ends_with('?')) return "";
    return base::one_line(text.substr(text.find_last_of("\r\n") + 1), headline_bytes_max);
}

std::string call_id_of(const acp::Asked& asked) {
    const auto* call = find_object(asked.params, "toolCall");
    return call ? text_member(*call, "toolCallId") : "";
}

} // namespace

AcpDriver::AcpDriver()
    : conversation_([this](const json::object& line, std::string_view, Events& events) {
        return read(line, events);
    }) {}

Start AcpDriver::start(const Brief& brief) {
    brief_ = brief;
    stored_ = brief.answers;
    conversation_.begin(brief);
    has_task_ = true;
    ask_agent("initialize", initialize_params());
    return {.stdin_bytes = std::exchange(outbox_, {}), .stdin_stays_open = true, .env = {}};
}

// Opens a new session too: at the task's start nothing is left but the prompt.
std::optional<Start> AcpDriver::start_ahead(const Setting& setting) {
    brief_.working_directory = setting.working_directory;
    brief_.mcp_server = setting.mcp_server;
    ask_agent("initialize", initialize_params());
    return Start{.stdin_bytes = std::exchange(outbox_, {}), .stdin_stays_open = true, .env = {}};
}

std::optional<Feed> AcpDriver::begin(const Brief& brief) {
    if (brief.resumes() || stage_ == Stage::over) return std::nullopt;
    brief_ = brief;
    stored_ = brief.answers;
    conversation_.begin(brief);
    has_task_ = true;
    if (stage_ == Stage::task) prompt(first_prompt());
    return flushed();
}

void AcpDriver::open_session(Events& events) {
    json::object params{{"cwd", brief_.working_directory},
                        {"mcpServers", own_server::acp_servers(brief_.mcp_server)}};
    stage_ = Stage::session;
    const bool is_known = brief_.resumes() && session_lost_.empty();
    session_goes_on_ = is_known && (can_resume_ || can_load_);
    if (is_known && !session_goes_on_) session_lost_ = "the agent can open no earlier session";
    is_history_ = session_goes_on_ && !can_resume_;
    if (!session_goes_on_ && !session_lost_.empty() && !brief_.may_begin_anew)
        return fail(session_lost_, events);
    if (!session_goes_on_) return ask_agent("session/new", std::move(params));
    params["sessionId"] = brief_.session_id;
    meter_.session_goes_on();
    ask_agent(can_resume_ ? "session/resume" : "session/load", std::move(params));
}

std::string AcpDriver::first_prompt() const {
    if (brief_.answers.empty() && brief_.was_limited && session_goes_on_)
        return "You were stopped at a limit of use, which is over. Go on with the task from where "
               "you were.";
    if (brief_.answers.empty()) return brief_.prompt;
    if (session_goes_on_)
        return "You asked something and then had to wait for the answer, which has come.\n\n" +
               told(brief_.answers) + "Go on with the task from where you were.";
    return fmt::format("{}\n\nAn earlier session at this task asked something and has ended. "
                       "What it asked:\n\n{}Go on with the task.",
                       brief_.prompt, told(brief_.answers));
}

void AcpDriver::prompt(std::string_view text) {
    stage_ = Stage::prompt;
    was_denied_ = false;
    turn_.begin(session_goes_on_ && !can_resume_);
    ask_agent("session/prompt",
              {{"sessionId", session_id_}, {"prompt", {{{"type", "text"}, {"text", text}}}}});
}

void AcpDriver::ask_agent(std::string_view method, json::object params) {
    outbox_ += json_rpc::request(version, requests_sent_++, method, std::move(params));
}

void AcpDriver::reply(const json::value& id, json::object body) {
    outbox_ += json_rpc::result(version, id, std::move(body));
}

// The words of a denial that the agent still has to hear.
std::string AcpDriver::reply_as_told(const acp::Asked& asked, std::string_view answer) {
    auto said = acp::reply_to(asked, answer);
    reply(asked.id, std::move(said.body));
    if (!said.is_denial) return "";
    was_denied_ = true;
    denials_.by_person(call_id_of(asked));
    return std::move(said.words);
}

void AcpDriver::reply_without_answer(const acp::Asked& asked) {
    reply(asked.id, acp::reply_without_answer(asked));
    was_denied_ = true;
    denials_.by_nobody(call_id_of(asked));
}

Feed AcpDriver::flushed() {
    Feed feed;
    if (!stdin_closed_) feed.stdin_bytes = std::move(outbox_);
    outbox_.clear();
    return feed;
}

Feed AcpDriver::answer(std::string_view native_id, std::string_view answer) {
    if (auto taken = conversation_.take_ask(native_id, {{"answer", answer}})) {
        Feed feed;
        feed.reply = std::move(taken);
        return feed;
    }
    const auto asked = open_.find(native_id);
    if (asked == open_.end()) return {};
    const auto words = reply_as_told(asked->second, answer);
    if (!words.empty())
        messages_.push_back(fmt::format("You asked: {}\nThe person denied it and said: {}",
                                        asked->second.question.headline, words));
    open_.erase(asked);
    return flushed();
}

Feed AcpDriver::no_answer(std::string_view native_id) {
    if (auto taken =
            conversation_.take_ask(native_id, {{"answer", nullptr}, {"timed_out", true}})) {
        Feed feed;
        feed.reply = std::move(taken);
        return feed;
    }
    const auto asked = open_.find(native_id);
    if (asked == open_.end()) return {};
    reply_without_answer(asked->second);
    open_.erase(asked);
    return flushed();
}

// Version 1 takes one prompt at a time.
Feed AcpDriver::message(std::string_view text) {
    Feed feed;
    feed.is_kept = stage_ != Stage::over && order_ == Order::none;
    if (feed.is_kept) messages_.emplace_back(text);
    return feed;
}

Feed AcpDriver::cancel() {
    return end_turn(Order::cancel);
}

Feed AcpDriver::park() {
    if (order_ == Order::none) asked_when_parked_ = !open_.empty() || conversation_.is_waiting();
    return end_turn(Order::park);
}

Feed AcpDriver::end_turn(Order order) {
    if (order_ == Order::none) {
        order_ = order;
        messages_.clear();
        told_to_end_ = stage_ == Stage::prompt;
        if (told_to_end_)
            outbox_ +=
                json_rpc::notification(version, "session/cancel", {{"sessionId", session_id_}});
        for (const auto& [name, asked] : open_) reply(asked.id, acp::cancelled_reply(asked));
        open_.clear();
    }
    auto feed = flushed();
    feed.ends_by_itself = told_to_end_;
    if (!told_to_end_ && !stdin_closed_) feed.close_stdin = stdin_closed_ = true;
    return feed;
}

Feed AcpDriver::after_events() {
    auto feed = flushed();
    if (stage_ == Stage::over && !stdin_closed_) feed.close_stdin = stdin_closed_ = true;
    feed.reply = conversation_.take_due_reply();
    return feed;
}

Verdict AcpDriver::finish(const Exit& exit) {
    using Kind = Verdict::Kind;
    if (asked_when_parked_ && exit.code)
        return {Kind::asked_and_left, "", "left to wait for an answer"};
    const bool is_gone = !session_lost_.empty() && session_id_.empty();
    if (!failure_.empty() && !exit.signal)
        return because_of(limit_, {Kind::failed, "protocol", failure_, is_gone});
    if (result_ && !result_->ok && exit.code) {
        const auto end = fmt::format("exited with code {}: ", *exit.code);
        return because_of(
            limit_, {Kind::failed, "exit_code", (exit.is_good() ? "" : end) + result_->summary});
    }
    if (auto verdict = conversation_.verdict_against_success(exit)) return *verdict;
    if (result_ && conversation_.is_left_to_park())
        return {Kind::asked_and_left, "", "left to wait for an answer"};
    if (result_) return {Kind::succeeded, "", warning()};
    const auto* what = stage_ == Stage::initialize ? "initialize"
                       : stage_ == Stage::session  ? "the request for a session"
                                                   : "the prompt";
    return {Kind::failed, "protocol",
            fmt::format("{} before it answered {}", conversation_.end_in_words(exit), what)};
}

std::string AcpDriver::warning() const {
    std::vector<std::string> warnings;
    if (!session_lost_.empty())
        warnings.push_back("began a new conversation, the earlier one did not open: " +
                           session_lost_);
    if (auto denied = denials_.warning(); !denied.empty()) warnings.push_back(std::move(denied));
    if (const auto question = closing_question(turn_.text()); !question.empty())
        warnings.push_back("ended with a question: " + question);
    return fmt::format("{}", fmt::join(warnings, "; "));
}

} // namespace agentcron::agent
