// Conversations that outlive a task: gone on with by a person, by a schedule, by a chain's step;
// and those that are gone.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;
using Catch::Contains;

namespace {

// Writes each task it reads to the file `legs`; its first session is s-1, the second s-2. "fail" in
// a prompt makes it fail.
const char* talker = R"(read task
echo "$task" >> legs
case "$task" in
*'"session_id"'*) ;;
*) echo x >> begun
   echo "{\"type\":\"session\",\"session_id\":\"s-$(wc -l < begun)\"}" ;;
esac
case "$task" in *'fail'*) exit 1 ;; esac
echo '{"type":"result","result":"done"}')";

// Speaks as much of Claude Code's protocol as goes on with a session, and knows those that stand in
// the file `sessions`.
const char* forgetful = R"(arguments=$*
case "$arguments" in
*--resume*)
  id=${arguments##*--resume }
  grep -qx "$id" sessions || {
    echo '{"type":"result","subtype":"error_during_execution","is_error":true,"errors":["No'\
' conversation found with session ID: '$id'"]}'
    exit 1
  } ;;
*) id=n-$(cat sessions begun 2>/dev/null | wc -l); echo x >> begun ;;
esac
read initialize
[ -z "$CLAUDE_CODE_RESUME_INTERRUPTED_TURN" ] && { read prompt; echo "$prompt" >> prompts; }
grep -q 'ask first' prompts && [ ! -e asked ] && {
  touch asked
  echo '{"type":"system","subtype":"init","session_id":"'$id'"}'
  echo '{"type":"control_request","request_id":"r","request":{"subtype":"can_use_tool",'\
'"tool_name":"Bash","tool_use_id":"t","input":{"command":"ls"}}}'
  read answer
}
echo '{"type":"result","subtype":"success","is_error":false,"result":"ok","session_id":"'$id'"}')";

std::int64_t go_on(EngineRun& run, std::int64_t task, const std::string& prompt) {
    return std::stoll(
        run.database.value(fmt::format("select agentcron.continue_task({}, '{}')", task, prompt)));
}

std::string refusal(EngineRun& run, std::int64_t task) {
    return run.database.refusal(fmt::format("select agentcron.continue_task({}, 'x')", task));
}

} // namespace

TEST_CASE("a finished task goes on with another prompt in its session", "[integration][engine]") {
    EngineRun run;
    run.agent("talker", "jsonl", talker);
    run.start_worker();
    const auto first = run.enqueue("talker", "look", R"({"timeout":77})");
    run.until_status(first, "succeeded");
    CHECK(run.task(first, "session_id") == "s-1");
    CHECK(run.database.value("select directory from agentcron.attempts") == run.directory.string());
    const auto second = go_on(run, first, "mend");
    run.until_status(second, "succeeded");
    CHECK(run.task(second, "continues || '/' || trigger || '/' || session_id") ==
          fmt::format("{}/continue/s-1", first));
    CHECK(run.task(second, "spec ->> 'timeout'") == "77");
    CHECK_THAT(run.file("legs"), Contains(R"("prompt":"mend","params":{},"session_id":"s-1")"));
    const auto third = go_on(run, second, "test");
    run.until_status(third, "succeeded");
    CHECK(run.task(third, "session_id") == "s-1");
}

TEST_CASE("a task that goes on fails and is tried again in the same session",
          "[integration][engine]") {
    EngineRun run;
    run.agent("talker", "jsonl", talker);
    run.start_worker();
    const auto first = run.enqueue("talker", "look", R"({"retry":{"attempts":2,"backoff":0}})");
    run.until_status(first, "succeeded");
    const auto second = go_on(run, first, "fail");
    run.until_status(second, "failed");
    CHECK(run.task(second, "attempt || '/' || session_id") == "2/s-1");
    run.database.execute(fmt::format("select agentcron.retry({})", second));
    run.until_value("select attempt from agentcron.tasks where trigger = 'continue'", "2");
    run.until_status(second, "failed");
    CHECK(run.task(second, "trigger || '/' || session_id") == "continue/s-1");
    CHECK(run.file("begun") == "x\n");
}

TEST_CASE("one conversation is gone on with by one task at a time", "[integration][engine]") {
    EngineRun run;
    run.agent("talker", "jsonl", talker);
    add_gate(run, "gate");
    run.agent("mute", "command", "true");
    run.start_worker();
    const auto task = run.enqueue("talker", "look");
    run.until_status(task, "succeeded");
    run.database.execute("update agentcron.agents set config = (select config from "
                         "agentcron.agents where name = 'gate'), driver = 'command' "
                         "where name = 'talker'");
    const auto second = go_on(run, task, "more");
    run.until_status(second, "running");
    CHECK_THAT(refusal(run, task),
               Contains(fmt::format("task {} goes on with this conversation already", second)));
    CHECK_THAT(refusal(run, second), Contains("is not finished; it is running"));
    let_go(run, second);
    run.until_status(second, "succeeded");
    CHECK(refusal(run, task).empty());

    const auto mute = run.enqueue("mute");
    run.until_status(mute, "succeeded");
    CHECK_THAT(refusal(run, mute), Contains("agent \"mute\" (driver command) named none"));
    CHECK_THAT(refusal(run, 999), Contains("there is no task 999"));
}

TEST_CASE("a schedule's tasks go on with its conversation, its retries too",
          "[integration][engine]") {
    EngineRun run;
    run.start_scheduler();
    run.start_worker();
    run.agent("talker", "jsonl", talker);
    add_schedule(run, "s", "talker", "conversation, retry_attempts, retry_backoff",
                 "'continue', 2, '0'");
    const auto first = fire(run, "s");
    run.until_status(first, "succeeded");
    CHECK(run.task(first, "continues is null") == "t");
    const auto second = fire(run, "s");
    run.until_status(second, "succeeded");
    CHECK(run.task(second, "continues || '/' || session_id") == fmt::format("{}/s-1", first));
    run.database.execute("update agentcron.schedules set prompt = 'fail'");
    run.until_planned();
    const auto third = fire(run, "s");
    run.until_status(third, "failed");
    CHECK(run.task(third, "attempt || '/' || session_id") == "2/s-1");
    CHECK(run.file("begun") == "x\n");

    run.database.execute("update agentcron.schedules set prompt = '', conversation = 'fresh'");
    run.until_planned();
    const auto fourth = fire(run, "s");
    run.until_status(fourth, "succeeded");
    CHECK(run.task(fourth, "session_id || coalesce(continues, 0)") == "s-20");
}

TEST_CASE("a backfill cannot make two tasks go on with one conversation at once",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.start_scheduler();
    add_schedule(run, "s", "gate", "conversation", "'continue'");
    for (int i = 0; i < 2; ++i)
        run.database.execute("insert into agentcron.tasks (schedule_id, schedule, agent, run_at, "
                             "status, overlap, spec) select id, name, agent, now(), 'queued', "
                             "'allow', agentcron.task_spec(s, '{}') from agentcron.schedules s");
    run.database.execute("select agentcron.put_in_queue(t) from agentcron.tasks t order by id");
    run.start_worker();
    const auto first = std::stoll(run.database.value("select min(id) from agentcron.tasks"));
    run.until_status(first, "running");
    until_held(run, first + 1);
    let_go(run, first);
    run.until_status(first + 1, "running");
    let_go(run, first + 1);
    run.until_status(first + 1, "succeeded");
}

TEST_CASE("a step goes on with the conversation of an earlier step of its chain",
          "[integration][engine]") {
    EngineRun run;
    run.start_scheduler();
    run.start_worker();
    run.agent("talker", "jsonl", talker);
    run.agent("other", "command", "true");
    add_schedule(run, "s", "talker", "steps",
                 R"('[{"name":"look"},{"name":"wait","agent":"other"},)"
                 R"({"name":"mend","conversation":"continue"},{"name":"anew"}]')");
    for (int i = 0; i < 2; ++i) {
        const auto chain = fire(run, "s");
        run.until_status(chain, "succeeded");
        CHECK(run.database.value(fmt::format(
                  "select string_agg(step || ':' || coalesce(session_id, ''), ' ' order by step_no)"
                  " from agentcron.tasks where chain_id = {}",
                  chain)) ==
              fmt::format("look:s-{0} wait: mend:s-{0} anew:s-{1}", 2 * i + 1, 2 * i + 2));
    }
}

TEST_CASE("a conversation that is gone fails the task that a person wants to go on with it",
          "[integration][engine]") {
    EngineRun run;
    run.agent("claude", "claude", forgetful);
    run.write("sessions", "");
    run.start_worker();
    const auto first = run.enqueue("claude", "look");
    run.until_status(first, "succeeded");
    const auto session = run.task(first, "session_id");
    const auto second = go_on(run, first, "mend");
    run.until_status(second, "failed");
    CHECK(run.task(second, "reason") == "protocol");
    CHECK(run.task(second, "message") ==
          fmt::format("task {}'s conversation could not be opened again: No conversation found "
                      "with session ID: {}",
                      first, session));
    run.write("sessions", session + "\n");
    run.database.execute(fmt::format("select agentcron.retry({})", second));
    run.until_status(second, "succeeded");
    CHECK(run.task(second, "session_id") == session);
}

TEST_CASE("a schedule whose conversation is gone begins a new one and says so",
          "[integration][engine]") {
    EngineRun run;
    run.start_scheduler();
    run.start_worker();
    run.agent("claude", "claude", forgetful);
    run.write("sessions", "");
    add_schedule(run, "s", "claude", "conversation", "'continue'");
    const auto first = fire(run, "s");
    run.until_status(first, "succeeded");
    const auto lost = run.task(first, "session_id");
    const auto second = fire(run, "s");
    run.until_status(second, "succeeded");
    const auto begun = run.task(second, "session_id");
    CHECK(begun != lost);
    CHECK(run.task(second, "attempt || '/' || run_no || '/' || lost_session") == "1/2/" + lost);
    CHECK_THAT(run.task(second, "message"),
               Contains("its conversation " + lost + " could not be opened again"));
    run.write("sessions", begun + "\n");
    const auto third = fire(run, "s");
    run.until_status(third, "succeeded");
    CHECK(run.task(third, "session_id || '/' || run_no") == begun + "/1");
    CHECK(run.task(third, "message is null") == "t");
}

TEST_CASE("an answer to a conversation that is gone begins it anew, with the answer",
          "[integration][engine]") {
    EngineRun run;
    run.agent("claude", "claude", forgetful);
    run.write("sessions", "");
    run.start_worker();
    const auto task = run.enqueue("claude", "ask first", R"({"hold":0})");
    run.until_value("select parked from agentcron.inbox", "t");
    const auto lost = run.task(task, "session_id");
    CHECK(run.answer(task, "allow").empty());
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "attempt || '/' || run_no") == "1/3");
    CHECK(run.task(task, "lost_session") == lost);
    CHECK(run.task(task, "session_id") != lost);
    CHECK_THAT(run.file("prompts"),
               Contains("You asked: Bash: ls") && Contains("The person answered: allow"));
}
