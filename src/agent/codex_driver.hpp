// OpenAI's Codex: its app-server, where it can ask, or `codex exec`, where nobody is asked. Which
// one, the agent's command says: an element "exec" in it means the latter.
//
// app-server: JSON-RPC without the member "jsonrpc", one message a line, as of Codex 0.169
// (`codex app-server generate-json-schema` writes all of it). To the server (stdin):
// | message                    | members and use                                              |
// |----------------------------|--------------------------------------------------------------|
// | initialize, initialized    | clientInfo; experimentalApi, else request_user_input is not  |
// |                            | asked. Approval policy and sandbox are the user's (-c ...)   |
// | thread/start               | cwd                                                          |
// | thread/resume              | threadId of an earlier leg; one that is not known any more:  |
// |                            | thread/start                                                 |
// | turn/start                 | the prompt; in a leg that resumes after questions the        |
// |                            | answers in words instead                                     |
// | turn/steer                 | what a person says to the running agent, also about an       |
// |                            | approval (why not; what instead), for which replies have no  |
// |                            | room. Refused because the turn was over: the next turn/start |
// | turn/interrupt             | cancel and park; stdin closes when the turn has ended        |
//
// From the server (stdout):
// | message                                | meaning                                          |
// |----------------------------------------|--------------------------------------------------|
// | item/commandExecution/requestApproval, | approve: accept, acceptForSession where it is    |
// | item/fileChange/requestApproval        | offered, decline. An edited input declines       |
// | item/permissions/requestApproval       | approve: the permissions as asked for, or none   |
// | item/tool/requestUserInput             | ask or choice: {answers: {id: {answers: [..]}}}  |
// | mcpServer/elicitation/request          | form or url; approve where it is about a call of |
// |                                        | a tool, or has no fields                         |
// | other requests                         | "method not found", so that nothing hangs        |
// | serverRequest/resolved                 | the question is closed, answered or not          |
// | thread/tokenUsage/updated              | usage: what was used since this process began    |
// | turn/completed                         | completed: the last agent message is the result; |
// |                                        | failed: error with codexErrorInfo; interrupted   |
// | others                                 | kept and shown, otherwise ignored                |
// Nothing of an open question outlives the process: a leg that resumes is asked again, and the same
// request gets the answer that is stored, once.
//
// exec: `codex exec ... --json -`, or `... resume --json THREAD -`; the prompt on stdin. Lines:
// thread.started (the session), item.* (an item of type error is a warning), turn.completed (usage,
// but not of a resumed thread, whose tokens are counted with those of earlier legs), turn.failed,
// error (perhaps only a retry). A cancel is a signal.
//
// Success is a completed turn and a good exit code. A failed turn: failed/exit_code, as is an
// interrupted one; an exit without the turn's end: failed/protocol. A success with refusals that
// nobody was asked about, or whose last message ends with a question mark, says so in its message.
// stderr is kept; fd 3 and `agentcron ask` work as for a command; after `ask --park` a completed
// turn leaves the task waiting.
#pragma once

#include "agent/ahead.hpp"

namespace agentcron::agent {

class CodexDriver final : public Driver, public StartsAhead {
public:
    CodexDriver();

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
    std::unique_ptr<Driver> spoken_; // the app-server's protocol until start says otherwise
};

} // namespace agentcron::agent
