#include "agent/claude_driver.hpp"

#include "agent/json_text.hpp"
#include "agent/limits.hpp"
#include "agent/messages.hpp"
#include "agent/own_server.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {
namespace json = boost::json;
namespace {

// How the error begins that says so; nothing but its words tells it from others.
constexpr std::string_view no_session = "No conversation found with session ID";
// Of tool calls whose results have not come; more than run at once.
constexpr std::size_t inputs_max = 64;

std::int64_t count_in(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_int64() ? value->get_int64() : 0;
}

bool flag_in(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_bool() && value->get_bool();
}

std::string denials(const json::object& result) {
    const auto& list = array_member(result, "permission_denials");
    if (list.empty()) return "";
    const auto* first = list.front().if_object();
    return fmt::format("{} tool call{} not permitted, the first of {}", list.size(),
                       list.size() == 1 ? " was" : "s were",
                       first ? text_member(*first, "tool_name") : "an unknown tool");
}

std::string failure_of(const json::object& result) {
    const auto& errors = array_member(result, "errors");
    auto text = !errors.empty() ? plain_text(errors.front()) : text_member(result, "result");
    if (text.empty()) text = text_member(result, "subtype");
    return base::one_line(text, headline_bytes_max);
}

// A person is needed to go on, though nothing waits for him.
bool asks_in_prose(std::string_view words) {
    return base::trim(words).ends_with('?');
}

} // namespace

ClaudeDriver::ClaudeDriver()
    : conversation_([this](const json::object& line, std::string_view text,
                           std::vector<Event>& events) { return read(line, text, events); }) {}

void ClaudeDriver::receive(const Chunk& chunk, std::vector<Event>& events) {
    conversation_.receive(chunk, events);
}

void ClaudeDriver::end_of_output(std::vector<Event>& events) {
    conversation_.end_of_output(events);
}

std::string ClaudeDriver::read(const json::object& line, std::string_view text,
                               std::vector<Event>& events) {
    const auto type = text_member(line, "type");
    // A session that is gone is told of by a result alone.
    const bool tells_session = type != "result" || !resumes_;
    if (const auto session = text_member(line, "session_id");
        tells_session && session_id_.empty() && !session.empty()) {
        session_id_ = session;
        events.push_back(SessionStarted{session});
    }
    if (type == "assistant") {
        // In between the cost is asked for, after each response of the model.
        const bool is_new = meter_.take_response(object_member(line, "message"));
        if (is_new && watches_cost_) replies_ += claude::cost_line();
        if (is_new) events.push_back(meter_.usage());
        return read_assistant(line);
    }
    if (type == "control_response") {
        const auto& reply = object_member(line, "response");
        if (text_member(reply, "request_id") == claude::cost_id &&
            meter_.take_cost(object_member(reply, "response")))
            events.push_back(meter_.usage());
    }
    if (type == "user") return "tool_result";
    if (type == "control_request") {
        read_request(line, events);
        return "question";
    }
    if (type == "control_cancel_request") {
        read_withdrawal(line, events);
        return "withdrawn";
    }
    if (type == "system") read_system(line);
    if (type == "rate_limit_event") read_limit(line);
    if (type == "result") read_result(line, text, events);
    return kind_of(line);
}

// One block a line: what the agent says, or a call of a tool.
std::string ClaudeDriver::read_assistant(const json::object& line) {
    turn_is_over_ = false;
    last_error_ = text_member(line, "error");
    std::string kind = "message";
    for (const auto& value : array_member(object_member(line, "message"), "content")) {
        const auto* block = value.if_object();
        if (!block) continue;
        const auto type = text_member(*block, "type");
        if (type == "text") last_words_ = text_member(*block, "text");
        if (type == "thinking") kind = "thought";
        if (type != "tool_use") continue;
        kind = "tool";
        const auto* input = find_object(*block, "input");
        if (inputs_.size() >= inputs_max) inputs_.clear();
        if (input) inputs_[text_member(*block, "id")] = *input;
    }
    return kind;
}

void ClaudeDriver::read_request(const json::object& line, std::vector<Event>& events) {
    const auto* asked = find_object(line, "request");
    const auto known = inputs_.find(asked ? text_member(*asked, "tool_use_id") : "");
    auto request = claude::request_from(line, known == inputs_.end() ? nullptr : &known->second);
    if (!request) {
        replies_ += claude::refusal_line(text_member(line, "request_id"),
                                         "agentcron does not know this request");
        return;
    }
    if (is_decided(*request)) return;
    // Its own tools only tell agentcron something. One that asks wrongly hears so from the call.
    const bool needs_nobody =
        own_server::has_tool(request->tool) && !claude::asked_through_server(*request);
    if (needs_nobody) {
        replies_ += claude::reply_line(request->request_id, claude::passed(*request));
        return;
    }
    if (parking_) { // nothing more is asked of this process
        replies_ += claude::reply_line(request->request_id, claude::ask_again(*request));
        return;
    }
    const auto id = request->question.native_id;
    events.push_back(request->question);
    asked_.push_back(id);
    open_.insert_or_assign(id, std::move(*request));
}

bool ClaudeDriver::is_decided(const claude::Request& request) {
    const auto wanted = json::parse(request.question.request);
    const auto found = std::find_if(stored_.begin(), stored_.end(), [&](const auto& one) {
        if (one.question_id == request.question.native_id) return true;
        const auto asked = parse_object(one.request);
        return asked && json::value(*asked) == wanted;
    });
    if (found == stored_.end()) return false;
    const auto decided = *found;
    stored_.erase(found);
    if (decided.expired)
        go_on_without(request);
    else
        reply(request, decided.answer);
    return true;
}

void ClaudeDriver::reply(const claude::Request& request, std::string_view answer) {
    // A plan is approved with a change of mode, which a hook cannot give: it lets the call pass to
    // the permission request, which is answered without asking again.
    const bool passes =
        request.kind == claude::Request::Kind::hook && request.question.kind == "plan";
    if (passes)
        stored_.push_back({request.question.native_id, request.question.headline,
                           std::string(answer), false, request.question.request});
    if (const auto asked = claude::asked_through_server(request))
        conversation_.keep_answer({"", "", std::string(answer), false, request_of_ask(*asked)});
    replies_ += claude::reply_line(request.request_id,
                                   passes ? json::object{} : claude::reply_to(request, answer));
}

void ClaudeDriver::go_on_without(const claude::Request& request) {
    if (const auto asked = claude::asked_through_server(request))
        conversation_.keep_answer({"", "", "", true, request_of_ask(*asked)});
    replies_ += claude::reply_line(request.request_id, claude::reply_without_answer(request));
}

void ClaudeDriver::read_withdrawal(const json::object& line, std::vector<Event>& events) {
    const auto request_id = text_member(line, "request_id");
    for (auto one = open_.begin(); one != open_.end(); ++one) {
        if (one->second.request_id != request_id) continue;
        if (!parking_) events.push_back(Withdrawn{one->first});
        std::erase(asked_, one->first);
        open_.erase(one);
        return;
    }
}

void ClaudeDriver::read_system(const json::object& line) {
    const auto subtype = text_member(line, "subtype");
    if (subtype == "init") turn_is_over_ = false;
    if (subtype != "background_tasks_changed") return;
    const auto& tasks = array_member(line, "tasks");
    background_tasks_ = tasks.size();
}

void ClaudeDriver::read_limit(const json::object& line) {
    const auto& info = object_member(line, "rate_limit_info");
    if (text_member(info, "status") != "rejected") return;
    limit_ends_ = instant_from_epoch(count_in(info, "resetsAt"));
}

// Of a turn that failed.
std::optional<Limit> ClaudeDriver::limit_of(const json::object& result) const {
    auto limit = limit_from_kind(last_error_);
    if (!limit) limit = limit_from_status(count_in(result, "api_error_status"));
    const auto worded = limit_from_words(failure_of(result), {});
    if (!limit && text_member(result, "terminal_reason") == "api_error") limit = worded;
    if (!limit) return std::nullopt;
    limit->until = worded && worded->until ? worded->until : limit_ends_;
    if (worded) limit->words = worded->words;
    return limit;
}

void ClaudeDriver::read_result(const json::object& line, std::string_view text,
                               std::vector<Event>& events) {
    meter_.take_result(line);
    events.push_back(meter_.usage());
    inputs_.clear();
    turn_is_over_ = true;
    if (turns_due_ > 0) --turns_due_;
    Outcome outcome;
    outcome.deferred = text_member(line, "stop_reason") == "tool_deferred";
    outcome.ok = text_member(line, "subtype") == "success" && !flag_in(line, "is_error");
    if (!outcome.ok) {
        outcome.reason =
            text_member(line, "subtype") == "error_max_budget_usd" ? "budget" : "exit_code";
        outcome.message = failure_of(line);
        outcome.session_is_gone = resumes_ && outcome.message.starts_with(no_session);
        outcome.limit = limit_of(line);
    } else if (auto refused = denials(line); !refused.empty()) {
        outcome.message = std::move(refused);
    } else if (asks_in_prose(last_words_)) {
        outcome.message =
            "ended with a question: " + base::one_line(last_words_, headline_bytes_max);
    }
    outcome_ = std::move(outcome);
    // A background task starts another turn when it ends, and a message is a turn of its own.
    const bool goes_on = background_tasks_ > 0 || turns_due_ > 0;
    if (goes_on && watches_cost_) replies_ += claude::cost_line();
    if (outcome_->deferred || goes_on) return;
    const bool structured = line.contains("structured_output");
    events.push_back(Result{
        .ok = outcome_->ok,
        .json = member_json(text, line, structured ? "structured_output" : "result"),
        .summary = outcome_->ok ? base::one_line(text_member(line, "result"), headline_bytes_max)
                                : outcome_->message});
}

Feed ClaudeDriver::answer(std::string_view native_id, std::string_view answer) {
    Feed feed;
    feed.reply = conversation_.take_ask(native_id, {{"answer", answer}});
    const auto found = open_.find(native_id);
    if (feed.reply || found == open_.end()) return feed;
    reply(found->second, answer);
    std::erase(asked_, found->first);
    open_.erase(found);
    feed.stdin_bytes = std::exchange(replies_, {});
    return feed;
}

Feed ClaudeDriver::no_answer(std::string_view native_id) {
    Feed feed;
    feed.reply = conversation_.take_ask(native_id, {{"answer", nullptr}, {"timed_out", true}});
    const auto found = open_.find(native_id);
    if (feed.reply || found == open_.end()) return feed;
    go_on_without(found->second);
    feed.stdin_bytes = std::exchange(replies_, {});
    std::erase(asked_, found->first);
    open_.erase(found);
    return feed;
}

Feed ClaudeDriver::message(std::string_view text) {
    Feed feed;
    if (stdin_closed_ || ending_) return feed;
    ++turns_due_;
    feed.stdin_bytes = claude::user_line(text);
    return feed;
}

Feed ClaudeDriver::cancel() {
    if (stdin_closed_ || std::exchange(ending_, true)) return {};
    return end_turn();
}

Feed ClaudeDriver::end_turn() {
    Feed feed;
    feed.ends_by_itself = true;
    if (turn_is_over_)
        feed.close_stdin = stdin_closed_ = true;
    else
        feed.stdin_bytes = claude::order_line("agentcron-interrupt", {{"subtype", "interrupt"}});
    return feed;
}

Feed ClaudeDriver::park() {
    if (stdin_closed_ || std::exchange(ending_, true)) return {};
    parking_ = true;
    const auto held = std::find_if(asked_.begin(), asked_.end(), [this](const auto& id) {
        return open_.at(id).kind == claude::Request::Kind::hook;
    });
    // Nothing can be deferred: the process is ended with its request open, so that the turn is run
    // again. An interrupt would close it.
    if (held == asked_.end()) return {};
    Feed feed;
    feed.ends_by_itself = true;
    for (const auto& id : asked_) {
        const auto& request = open_.at(id);
        feed.stdin_bytes += claude::reply_line(
            request.request_id, id == *held ? claude::deferral() : claude::ask_again(request));
    }
    asked_.clear();
    open_.clear();
    return feed;
}

Feed ClaudeDriver::after_events() {
    Feed feed;
    feed.reply = conversation_.take_due_reply();
    if (stdin_closed_) return feed;
    feed.stdin_bytes = std::exchange(replies_, {});
    const bool done = background_tasks_ == 0 && turns_due_ == 0;
    const bool parked = outcome_ && outcome_->deferred;
    if (turn_is_over_ && (done || ending_ || parked)) feed.close_stdin = stdin_closed_ = true;
    return feed;
}

Verdict ClaudeDriver::finish(const Exit& exit) {
    const auto failed = [](std::string_view reason, std::string message) {
        return Verdict{Verdict::Kind::failed, std::string(reason), std::move(message)};
    };
    const bool ended_well = exit.is_good();
    if (ended_well && outcome_ && outcome_->deferred)
        return {Verdict::Kind::asked_and_left, "", "parked until it is answered"};
    if (outcome_ && outcome_->session_is_gone)
        return {Verdict::Kind::failed, "protocol", outcome_->message, true};
    if (outcome_ && !outcome_->ok && !exit.signal)
        return because_of(outcome_->limit, failed(outcome_->reason, outcome_->message));
    if (auto verdict = conversation_.verdict_against_success(exit)) return *verdict;
    if (outcome_ && conversation_.is_left_to_park())
        return {Verdict::Kind::asked_and_left, "", "left to wait for an answer"};
    if (!outcome_)
        return failed("protocol", "ended without a result: " + conversation_.end_in_words(exit));
    return {Verdict::Kind::succeeded, "", outcome_->message};
}

} // namespace agentcron::agent
