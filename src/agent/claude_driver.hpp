// Claude Code in its stream-json mode, with agentcron as its permission host.
//
//   claude -p --input-format stream-json --output-format stream-json --verbose
//          --permission-prompt-tool stdio [--resume SESSION]
//
// is added to the agent's command. To it (stdin): first `initialize`, which registers a hook before
// the tools that ask (AskUserQuestion, ExitPlanMode) and those of ask_before, then the prompt.
//
// | line from Claude                     | becomes                                               |
// |--------------------------------------|-------------------------------------------------------|
// | any with a session_id                | the session, once                                     |
// | control_request hook_callback        | a question, held in the hook: it can be parked        |
// | control_request can_use_tool         | a question: approve, plan, or AskUserQuestion's       |
// | control_request elicitation          | a question: form or url                               |
// | control_request, another             | an error reply, so that nothing hangs                 |
// | control_cancel_request               | the question is withdrawn                             |
// | rate_limit_event, rejected           | when the limit ends                                   |
// | result                               | usage; of the last turn the result, then stdin closes |
// | others                               | kept and shown                                        |
//
// Parked by `defer`: the hook of the oldest question says so, the turn ends, the process ends. What
// else is open is refused with "ask again". The leg that resumes writes no prompt: the kept call is
// asked about again, under the same tool_use_id, and gets the stored answer; no model call is
// repeated. A permission (can_use_tool) cannot be deferred: its process is ended, and the leg that
// resumes has the turn run again; the same request then gets the stored answer. So it does in a new
// conversation, where the session is gone: there the prompt tells the answers. Answers to
// `agentcron ask` are told in a prompt. A call of agentcron's own MCP server that asks a person is
// asked in a hook before it, so that it is parked alike; then the call gets the answer. A task that
// goes on with a conversation resumes it with its prompt, one that a limit of the provider stopped
// with a word to go on; any other attempt without an answer begins a new one.
//
// Success is a last result that is no error, and exit code 0. Cost and tokens are those of this
// process: Claude's own totals go on over a resume (claude_usage.hpp).
#pragma once

#include "agent/ahead.hpp"
#include "agent/claude_requests.hpp"
#include "agent/claude_usage.hpp"
#include "agent/conversation.hpp"

#include <map>

namespace agentcron::agent {

class ClaudeDriver final : public Driver, public StartsAhead {
public:
    ClaudeDriver();
    Start start(const Brief& brief) override;
    std::optional<Start> start_ahead(const Setting& setting) override;
    std::optional<Feed> begin(const Brief& brief) override;
    void receive(const Chunk& chunk, std::vector<Event>& events) override;
    void end_of_output(std::vector<Event>& events) override;
    Feed answer(std::string_view native_id, std::string_view answer) override;
    Feed no_answer(std::string_view native_id) override;
    Feed message(std::string_view text) override;
    Feed cancel() override;
    Feed park() override;
    Feed after_events() override;
    Verdict finish(const Exit& exit) override;

private:
    std::string read(const boost::json::object& line, std::string_view text,
                     std::vector<Event>& events);
    std::string read_assistant(const boost::json::object& line);
    void read_request(const boost::json::object& line, std::vector<Event>& events);
    void read_withdrawal(const boost::json::object& line, std::vector<Event>& events);
    void read_system(const boost::json::object& line);
    std::string watch_cost(const Brief& brief);
    void read_limit(const boost::json::object& line);
    std::optional<Limit> limit_of(const boost::json::object& result) const;
    void read_result(const boost::json::object& line, std::string_view text,
                     std::vector<Event>& events);
    bool is_decided(const claude::Request& request);
    void reply(const claude::Request& request, std::string_view answer);
    void go_on_without(const claude::Request& request);
    Feed end_turn();

    struct Outcome { // of the last turn
        bool ok = false;
        bool deferred = false;
        std::string reason;  // of a failure
        std::string message; // why it failed, or a warning
        bool session_is_gone = false;
        std::optional<Limit> limit{}; // that made it fail
    };

    Conversation conversation_;
    std::string session_id_;
    bool resumes_ = false;
    std::map<std::string, claude::Request, std::less<>> open_; // by native id
    std::vector<std::string> asked_;                           // native ids, in their order
    // Answers to give without asking: those that this leg resumes with, and decisions made in a
    // hook whose call is asked about once more.
    std::vector<Brief::Answered> stored_;
    std::map<std::string, boost::json::object, std::less<>> inputs_; // of tool calls, by their ids
    std::string replies_;                                            // to be fed now
    std::string last_words_;                                         // the agent's last text
    std::size_t turns_due_ = 1; // results that are still to come
    std::size_t background_tasks_ = 0;
    std::optional<Outcome> outcome_;
    std::optional<base::Instant> limit_ends_; // of the last limit that was told of
    std::string last_error_;                  // kind of the last response that was an error
    claude::Meter meter_;
    bool watches_cost_ = false;
    bool turn_is_over_ = false;
    bool stdin_closed_ = false;
    bool ending_ = false;  // told to end
    bool parking_ = false; // told to end with its questions open
};

} // namespace agentcron::agent
