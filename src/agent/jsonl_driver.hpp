// The open protocol of agentcron: one JSON object a line, UTF-8, on stdin and stdout.
//
// To the agent (stdin):
// | type    | members                                                                         |
// |---------|---------------------------------------------------------------------------------|
// | task    | the first line: task_id, attempt, schedule and fire_time (null: run by hand),   |
// |         | prompt, params; session_id if an earlier leg gave one; results of earlier steps |
// |         | by their names, if there are any; context: rows by the names of the queries, if |
// |         | there are any; in a leg that resumes after a question:                          |
// |         | resume {question_id, question, answer}; goes_on true: a limit stopped the leg   |
// |         | before                                                                          |
// | answer  | id (as the question had it), answer (text). Here and in resume: answer null and |
// |         | timed_out true when nobody answered in time and the agent is to go on without   |
// | message | text: what a person says to the running agent                                   |
// | cancel  | end soon; SIGTERM follows                                                       |
//
// From the agent (stdout; a member in bold must be there):
// | type      | members                                                                       |
// |-----------|-------------------------------------------------------------------------------|
// | text      | **text**: progress for people; a newline is added where it has none           |
// | tool      | anything; shown as it is                                                      |
// | question  | **text**, id, detail, options ["a" or {value, label, description}], default   |
// |           | (one of the values), kind ask, approve, choice or form (else choice if there  |
// |           | are options), park: true = "I will not wait". The answer comes on stdin       |
// | withdrawn | **id**: the question needs no answer any more                                 |
// | usage     | cost_usd, input_tokens, output_tokens, turns (answers of the model): totals   |
// |           | of this process so far                                                        |
// | limit     | the provider takes no more work: kind usage_limit (the default) or auth,      |
// |           | until (RFC 3339, or seconds since 1970), text. If the attempt then fails, its |
// |           | task is blocked until then, or until a person has logged in                   |
// | session   | **session_id**: comes back in later legs and in tasks that go on with it      |
// | result    | result (any JSON, kept as written), summary (one line; else the first line    |
// |           | of a result that is text), ok (else true). The last one counts; stdin closes  |
// | ready     | waits for a task: the process stays for the next one, where the agent is      |
// |           | declared `persistent`. Said first after the start, then after each result     |
// | others    | kept and shown, otherwise ignored; so are lines that are not JSON             |
//
// Success is a result that is ok and exit code 0, or another one that success.exit_codes names. A
// result with "ok": false, or an exit code that is not good: failed/exit_code. A good exit code
// without a result: failed/protocol. Exit code 75 with a question
// open: the task waits. It is then started again with the answer, as it is when a process that
// waited was parked; so an agent that asks must know "resume". stderr is kept as it is; messages
// may come on fd 3 too (no questions there); `agentcron ask` works.
//
// A persistent agent reads task after task. One ends with the next `ready`, which counts as exit
// code 0; stdin stays open after the result. `ready` without a result, but with a question open:
// the task waits, as with exit code 75. After a cancel it is to say `ready` within the grace time,
// or it is ended. A line that is no task and comes between two tasks was meant for the one before.
#pragma once

#include "agent/ahead.hpp"
#include "agent/conversation.hpp"

namespace agentcron::agent {

class JsonlDriver final : public Driver, public StartsAhead {
public:
    Start start(const Brief& brief) override;
    std::optional<Start> start_ahead(const Setting& setting) override;
    std::optional<Feed> begin(const Brief& brief) override;
    void receive(const Chunk& chunk, std::vector<Event>& events) override;
    void end_of_output(std::vector<Event>& events) override;
    Feed answer(std::string_view native_id, std::string_view answer) override;
    Feed no_answer(std::string_view native_id) override;
    Feed message(std::string_view text) override;
    Feed cancel() override;
    Feed after_events() override;
    Verdict finish(const Exit& exit) override;

private:
    Feed line(const boost::json::object& message) const;

    Conversation conversation_{Conversation::Stdout::messages};
    bool stdin_closed_ = false;
};

// Whether a line of stdout says {"type":"ready"}.
bool is_ready_line(std::string_view line);
// The id by which an ask of Stream::ask is replied to; "" = it has none.
std::string ask_id_of(std::string_view ask);

} // namespace agentcron::agent
