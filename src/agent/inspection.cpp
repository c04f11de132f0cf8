#include "agent/inspection.hpp"

#include "agent/codex_exec.hpp"
#include "agent/json_rpc.hpp"
#include "agent/json_text.hpp"
#include "agent/messages.hpp"
#include "base/text.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {
namespace json = boost::json;
namespace {

using State = Finding::State;

constexpr const char* account_id = "agentcron-account";

std::string last_line(std::string_view text) {
    text = base::trim(text);
    return base::one_line(text.substr(text.find_last_of("\r\n") + 1), headline_bytes_max);
}

} // namespace

Inspection::Protocol Inspection::protocol_of(std::string_view driver,
                                             const std::vector<std::string>& command) {
    if (driver == "claude") return Protocol::claude;
    if (driver == "codex")
        return codex::Exec::is_in(command) ? Protocol::codex_exec : Protocol::codex;
    if (driver == "acp") return Protocol::acp;
    return driver == "jsonl" ? Protocol::jsonl : Protocol::command;
}

bool Inspection::has_greeting(std::string_view driver, const std::vector<std::string>& command) {
    return greets(protocol_of(driver, command));
}

bool Inspection::greets(Protocol protocol) {
    return protocol == Protocol::claude || protocol == Protocol::codex || protocol == Protocol::acp;
}

Inspection::Inspection(std::string_view name, const std::vector<std::string>& command,
                       std::unique_ptr<Driver> driver, bool with_turn)
    : protocol_(protocol_of(name, command)), driver_(std::move(driver)), with_turn_(with_turn) {}

std::string Inspection::first_bytes(std::string_view bytes) const {
    return to_be_fed(bytes);
}

Feed Inspection::receive(const Chunk& chunk) {
    std::vector<Event> events;
    driver_->receive(chunk, events);
    take(events);
    Feed feed;
    for (const auto& id : asked_) // in a turn that ought to ask nothing
        feed.stdin_bytes += driver_->no_answer(id).stdin_bytes;
    asked_.clear();
    const auto next = driver_->after_events();
    feed.stdin_bytes = to_be_fed(feed.stdin_bytes + next.stdin_bytes);
    feed.close_stdin = next.close_stdin;
    return feed;
}

void Inspection::end_of_output() {
    std::vector<Event> events;
    driver_->end_of_output(events);
    take(events);
}

void Inspection::take(std::vector<Event>& events) {
    for (auto& event : events) {
        if (auto* question = std::get_if<Question>(&event)) asked_.push_back(question->native_id);
        if (auto* result = std::get_if<Result>(&event)) result_ = std::move(*result);
        if (auto* session = std::get_if<SessionStarted>(&event))
            greeting_.session_id = session->session_id;
        const auto* row = std::get_if<Output>(&event);
        if (!row) continue;
        if (row->stream == Stream::err) {
            if (!base::trim(row->body).empty()) error_line_ = last_line(row->body);
            continue;
        }
        if (row->kind == "text") {
            if (stray_.empty()) stray_ = base::one_line(row->body, headline_bytes_max);
            continue;
        }
        const auto line = parse_object(row->body);
        if (!line) continue;
        switch (protocol_) {
        case Protocol::claude: take_claude_line(*line, greeting_); break;
        case Protocol::codex: take_codex_line(*line, greeting_); break;
        case Protocol::acp: take_acp_line(*line, greeting_); break;
        case Protocol::codex_exec:
        case Protocol::jsonl:
        case Protocol::command: greeting_.is_answered = true; break;
        }
    }
}

bool Inspection::is_over() const {
    if (with_turn_) return result_.has_value();
    if (!greeting_.refusal.empty() || result_) return true;
    switch (protocol_) {
    case Protocol::claude: return greeting_.is_answered;
    case Protocol::codex: return greeting_.has_session && greeting_.login.has_value();
    case Protocol::acp: return greeting_.has_session;
    case Protocol::codex_exec:
    case Protocol::jsonl:
    case Protocol::command: break;
    }
    return true;
}

// The prompt, in the words of each protocol.
bool Inspection::is_held_back(std::string_view text) const {
    if (with_turn_) return false;
    const auto line = parse_object(text);
    if (!line) return false;
    const auto method = text_member(*line, "method");
    return text_member(*line, "type") == "user" || method == "turn/start" ||
           method == "session/prompt";
}

std::string Inspection::to_be_fed(std::string_view bytes) const {
    if (!greets(protocol_)) return std::string(bytes);
    std::string fed;
    while (!bytes.empty()) {
        const auto line = bytes.substr(0, bytes.find('\n') + 1);
        bytes.remove_prefix(line.size());
        if (is_held_back(line)) continue;
        fed += line;
        const auto said = protocol_ == Protocol::codex ? parse_object(line) : std::nullopt;
        if (said && text_member(*said, "method") == "initialized")
            fed +=
                json::serialize(json::object{
                    {"id", account_id}, {"method", "account/read"}, {"params", json::object{}}}) +
                "\n";
    }
    return fed;
}

std::vector<Finding> Inspection::findings(const std::optional<Exit>& exit) {
    std::vector<Finding> all{answers(exit)};
    if (all.front().state == State::ok && greets(protocol_)) {
        all.push_back({"version", greeting_.version.empty() ? State::unknown : State::ok,
                       greeting_.version.empty() ? "it does not say" : greeting_.version});
        all.push_back(login());
    }
    if (all.front().state == State::ok) {
        const auto& id = greeting_.session_id;
        if (!id.empty()) all.push_back({"session", State::ok, id});
        all.push_back(resume());
        all.push_back(questions());
    }
    if (with_turn_) all.push_back(turn(exit));
    return all;
}

Finding Inspection::answers(const std::optional<Exit>& exit) const {
    Finding finding{"answers", State::ok, "it speaks its driver's protocol"};
    const bool opened = protocol_ != Protocol::codex && protocol_ != Protocol::acp
                            ? greeting_.is_answered
                            : greeting_.has_session;
    if (protocol_ == Protocol::command) {
        finding.detail = "it was started";
        return finding;
    }
    if (opened) return finding;
    // That it wants a login is told of the login.
    if (greeting_.is_answered && greeting_.login == false) return finding;
    finding.state = State::failed;
    if (!greeting_.refusal.empty())
        finding.detail = "it refused: " + greeting_.refusal;
    else if (result_ && !result_->summary.empty())
        finding.detail = result_->summary;
    else
        finding.detail = end_in_words(exit);
    if (!stray_.empty()) finding.detail += fmt::format("; it wrote: {}", stray_);
    finding.advice = "is this the right driver for the program? Run the command by hand, as the "
                     "worker's user and in its directory";
    return finding;
}

std::string Inspection::end_in_words(const std::optional<Exit>& exit) const {
    if (!exit) return "it did not answer in the time it had";
    auto words = exit->code     ? fmt::format("exited with code {}", *exit->code)
                 : exit->signal ? fmt::format("was killed by signal {}", *exit->signal)
                                : std::string("ended");
    if (!error_line_.empty()) words += ": " + error_line_;
    return "before it answered it " + words;
}

Finding Inspection::login() const {
    Finding finding{"login"};
    finding.detail = greeting_.login_detail;
    if (!greeting_.login) {
        if (finding.detail.empty()) finding.detail = "it does not say; --turn shows it";
        return finding;
    }
    finding.state = *greeting_.login ? State::ok : State::failed;
    if (*greeting_.login) return finding;
    switch (protocol_) {
    case Protocol::claude:
        finding.advice = "as the worker's user run `claude` and there /login, or give it "
                         "ANTHROPIC_API_KEY by env_file or pass_env";
        break;
    case Protocol::codex:
        finding.advice = "as the worker's user run `codex login`, or `codex login --with-api-key`";
        break;
    default:
        finding.advice = "log in with its own program as the worker's user, or give it its key by "
                         "env_file or pass_env";
    }
    return finding;
}

Finding Inspection::resume() const {
    Finding finding{"resume", State::ok};
    switch (protocol_) {
    case Protocol::claude: finding.detail = "by --resume"; break;
    case Protocol::codex: finding.detail = "by thread/resume"; break;
    case Protocol::codex_exec: finding.detail = "by `codex exec resume`"; break;
    case Protocol::acp:
        if (greeting_.resumes)
            finding.detail = *greeting_.resumes ? "by session/resume or session/load"
                                                : "no: each leg is a session of its own";
        break;
    case Protocol::jsonl:
    case Protocol::command: finding.detail = "if it reports a session"; break;
    }
    const bool is_sure = protocol_ != Protocol::jsonl && protocol_ != Protocol::command;
    if (!is_sure || finding.detail.empty()) finding.state = State::unknown;
    return finding;
}

Finding Inspection::questions() const {
    Finding finding{"questions", State::ok, greeting_.asks};
    switch (protocol_) {
    case Protocol::codex_exec: finding.detail = "none: `codex exec` asks nobody"; break;
    case Protocol::jsonl: finding.detail = "by lines of type question"; break;
    case Protocol::command: finding.detail = "by `agentcron ask`"; break;
    case Protocol::claude:
    case Protocol::codex:
    case Protocol::acp: break;
    }
    return finding;
}

Finding Inspection::turn(const std::optional<Exit>& exit) {
    Finding finding{"turn", State::failed};
    if (!exit) {
        finding.detail = "it did not end in the time it had";
        finding.advice = "give it more time with --timeout; else run the command by hand";
        return finding;
    }
    const auto verdict = driver_->finish(*exit);
    if (verdict.kind == Verdict::Kind::succeeded) {
        finding.state = State::ok;
        finding.detail = result_ ? result_->summary : "exit code 0";
    } else {
        finding.detail = verdict.message;
        finding.advice = "what a task would end with; `agentcron show` of such a task has it all";
    }
    return finding;
}

} // namespace agentcron::agent
