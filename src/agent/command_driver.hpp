// Any program as an agent. The prompt is its stdin, which then ends; exit code 0, or what
// success.exit_codes names, is success.
//   stdout, stderr  kept as they are.
//   fd 3            messages of the jsonl protocol (jsonl_driver.hpp): text, tool, usage, session,
//                   result. A question there is only kept: nothing could be answered on a closed
//                   stdin. A result with "ok": false is a failure, whatever the exit code.
//   agentcron ask   a question that is answered while the program waits. Exit code 75 with one
//                   still open, or after `ask --park`: the task waits, a new leg gets the answer.
// A leg that resumes has AGENTCRON_QUESTION_ID, AGENTCRON_QUESTION and AGENTCRON_ANSWER in its
// environment (cut to 32 KiB each, so that the kernel takes them) and both texts whole on stdin,
// after the prompt, those of all questions if there are several; where nobody answered in time the
// answer is "", and AGENTCRON_ANSWER_TIMED_OUT is 1. AGENTCRON_RESULTS_FILE names a file with the
// results of earlier steps, one JSON object by their names, and AGENTCRON_RESULTS holds it if it is
// at most 32 KiB. AGENTCRON_SESSION_ID is what an earlier leg reported by a session message.
#pragma once

#include "agent/conversation.hpp"

namespace agentcron::agent {

class CommandDriver final : public Driver {
public:
    Start start(const Brief& brief) override;
    void receive(const Chunk& chunk, std::vector<Event>& events) override;
    void end_of_output(std::vector<Event>& events) override;
    Feed answer(std::string_view native_id, std::string_view answer) override;
    Feed no_answer(std::string_view native_id) override;
    Feed message(std::string_view text) override;
    Feed cancel() override;
    Feed after_events() override;
    Verdict finish(const Exit& exit) override;

private:
    Conversation conversation_{Conversation::Stdout::raw};
};

} // namespace agentcron::agent
