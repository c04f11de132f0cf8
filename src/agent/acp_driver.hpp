// The Agent Client Protocol, version 1 (agentclientprotocol.com): JSON-RPC 2.0, one message a line.
//
// To the agent:
// | message                     | when                                                         |
// |-----------------------------|--------------------------------------------------------------|
// | initialize                  | at once; the client has no files and no terminals, but shows |
// |                             | forms and pages                                              |
// | session/new                 | a new conversation, also where the agent cannot open the     |
// |                             | earlier one, if the brief lets it begin anew                 |
// | session/resume, else /load  | with the session id of the earlier leg or task, if it can;   |
// |                             | what comes before load's answer is history: only rows        |
// | session/prompt              | the prompt, or, in a leg that resumes after a question, what |
// |                             | was answered; then each message of a person, one at a time   |
// | session/cancel              | cancel and park; open questions are answered `cancelled`     |
//
// From the agent:
// | message                     | meaning                                                      |
// |-----------------------------|--------------------------------------------------------------|
// | session/request_permission  | a question, kind approve; allow, allow_session and deny pick |
// |                             | the option of that kind, others are named by their id. For a |
// |                             | tool of our own server: allowed at once                      |
// | elicitation/create          | a form: kind form; one that is only options with a field for |
// |                             | other words beside each: kind choice; a page: kind url       |
// | $/cancel_request            | the question with this id needs no answer any more, like     |
// | elicitation/complete        | that for a page which was dealt with                         |
// | session/update              | agent_message_chunk: the last message is the result;         |
// |                             | usage_update: cost; others are only shown                    |
// | session/prompt's answer     | the end of a turn; when no message waits: Result, stdin ends |
// | other requests              | answered with "method not found"; other lines are only kept  |
//
// A request that was asked in an earlier leg gets the answer that came for it, once, without a new
// question. A denial's reason has no place in the protocol: it follows as the next prompt.
//
// Success is stop reason end_turn and a good exit code. Another stop reason, or an error:
// failed/exit_code. No answer to the prompt, another version: failed/protocol. An error that tells
// of a limit, or asks for a login: agent/limits.hpp. A process that parks ends its turn and then
// itself. stderr is kept as it is;
// fd 3 and `agentcron ask` work as for every driver.
#pragma once

#include "agent/acp_questions.hpp"
#include "agent/acp_turn.hpp"
#include "agent/ahead.hpp"
#include "agent/conversation.hpp"
#include "agent/limits.hpp"

#include <deque>

namespace agentcron::agent {

class AcpDriver final : public Driver, public StartsAhead {
public:
    AcpDriver();
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
    // What is waited for: the answer to one request of ours after the other.
    // In `task` nothing is: the session is open, and there is no task yet.
    enum class Stage { initialize, session, task, prompt, over };
    enum class Order { none, cancel, park };
    using Events = std::vector<Event>;

    std::string read(const boost::json::object& line, Events& events);
    std::string read_request(const json_rpc::Message& request, Events& events);
    std::string read_notification(const json_rpc::Message& notification, Events& events);
    std::string read_update(const boost::json::object& params, Events& events);
    std::string read_answer(const json_rpc::Message& answer, Events& events);
    void initialized(const json_rpc::Message& answer, Events& events);
    void session_opened(const json_rpc::Message& answer, Events& events);
    void session_refused(const boost::json::value& error, Events& events);
    void turn_ended(const json_rpc::Message& answer, Events& events);
    void withdraw(std::string_view native_id, boost::json::object reply, Events& events);
    void fail(std::string words, Events& events);
    std::optional<Limit> limit_of(const boost::json::value& error) const;

    void open_session(Events& events);
    void prompt(std::string_view text);
    std::string first_prompt() const;
    void ask_agent(std::string_view method, boost::json::object params);
    void reply(const boost::json::value& id, boost::json::object body);
    std::string reply_as_told(const acp::Asked& asked, std::string_view answer);
    void reply_without_answer(const acp::Asked& asked);
    bool asks_for_own_tool(const acp::Asked& asked) const;
    Feed end_turn(Order order);
    Feed flushed();
    std::string warning() const;

    Conversation conversation_;
    Brief brief_;
    Stage stage_ = Stage::initialize;
    bool has_task_ = false;
    Order order_ = Order::none;
    std::int64_t requests_sent_ = 0;

    bool can_resume_ = false;
    bool can_load_ = false;
    std::string logins_; // how one logs in to the agent, for people
    bool session_goes_on_ = false;
    bool is_history_ = false;
    std::string session_id_;
    std::string session_lost_; // why the earlier session could not be opened

    std::map<std::string, acp::Asked, std::less<>> open_; // questions by native_id
    std::vector<Brief::Answered> stored_;                 // answers of an earlier leg, not used yet
    std::deque<std::string> messages_;                    // not sent yet
    bool was_denied_ = false;                             // something in this turn
    bool told_to_end_ = false;
    bool asked_when_parked_ = false;

    acp::Turn turn_;
    acp::Denials denials_;
    acp::Meter meter_;
    std::optional<Result> result_;
    std::string failure_;        // of the protocol
    std::optional<Limit> limit_; // that made it fail

    std::string outbox_;
    bool stdin_closed_ = false;
};

} // namespace agentcron::agent
