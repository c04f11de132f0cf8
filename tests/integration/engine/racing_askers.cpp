#include "integration/engine/racing_askers.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::engine {
namespace {

const char* jsonl = R"(trap 'echo > ending; while [ ! -e go ]; do sleep 0.02; done; exit' TERM
read task
case "$task" in *'"resume"'*) printf '%s' "$task" > heard
while [ -e linger ]; do sleep 0.02; done; echo '{"type":"result","result":"resumed"}'; exit;; esac
echo '{"type":"question","id":"q","text":"Which branch?","default":"next"}'
read -r line
case "$line" in *'"type":"answer"'*) printf '%s' "$line" > heard
while [ -e linger ]; do sleep 0.02; done; echo '{"type":"result","result":"done"}'; exit;; esac
while :; do sleep 0.02; done)";

const char* command = R"(if [ "$AGENTCRON_ANSWER" ]; then echo "$AGENTCRON_ANSWER" > heard; exit; fi
trap 'echo > ending; while [ ! -e go ]; do sleep 0.02; done; exit 75' TERM
")" AGENTCRON_BINARY_DIR R"(/tests/tests_ask" '{"text":"Which branch?","default":"next"}' > reply &
wait $!; mv reply heard; while [ -e linger ]; do sleep 0.02; done)";

// As Claude Code speaks: a hook before the tool that asks, which parks by `defer`; the call that
// was kept is asked about again by the process that resumes.
const char* claude = R"(finish() { while [ -e linger ]; do sleep 0.02; done
echo '{"type":"result","subtype":"success","is_error":false,"result":"done","session_id":"s"}'; }
trap 'exit 143' TERM
read -r initialize
case "$*" in *--resume*) ;; *) read -r prompt;; esac
echo '{"type":"system","subtype":"init","session_id":"s"}'
printf '%s%s%s%s\n' '{"type":"control_request","request_id":"r'$$'","request":{' \
'"subtype":"hook_callback","callback_id":"agentcron","tool_use_id":"t","input":{' \
'"hook_event_name":"PreToolUse","tool_name":"AskUserQuestion","tool_input":{"questions":[{' \
'"question":"Which branch?","options":[{"label":"main"},{"label":"next"}]}]}}}}'
while read -r line; do case "$line" in
*'"defer"'*) echo > ending; while [ ! -e go ]; do sleep 0.02; done
echo '{"type":"result","subtype":"success","stop_reason":"tool_deferred","session_id":"s"}'
exit;;
*'"answers"'*) printf '%s' "${line#*\"answers\":}" > heard; finish; exit;;
*'"interrupt"'*) exit 1;;
esac; done)";

} // namespace

const std::vector<Asker> askers{{"jsonl", jsonl}, {"command", command}, {"claude", claude}};

std::int64_t ask(EngineRun& run, const Asker& asker, const char* options, bool parked) {
    run.agent("asker", asker.driver, asker.script, R"({"grace":60})");
    run.start_worker();
    if (parked) run.write("go", "");
    const auto task = run.enqueue("asker", "", options);
    run.until_value("select count(*) from agentcron.inbox", "1");
    if (parked) run.until_value("select parked from agentcron.inbox", "t");
    return task;
}

std::int64_t ask_and_leave(EngineRun& run, const Asker& asker) {
    const auto task = ask(run, asker, R"({"hold":0})", false);
    run.until([&] { return run.file("ending") == "\n"; }, "the agent to be told to end");
    return task;
}

std::int64_t ask_and_withdraw(EngineRun& run) {
    run.agent("asker", "jsonl", R"(read task
echo '{"type":"question","id":"q","text":"Which branch?"}'
while [ ! -e withdraw ]; do sleep 0.02; done; echo '{"type":"withdrawn","id":"q"}'
while [ ! -e go ]; do sleep 0.02; done; echo '{"type":"result"}'
read -r line && printf '%s' "$line" > heard; exit 0)");
    run.start_worker();
    const auto task = run.enqueue("asker");
    run.until_value("select count(*) from agentcron.inbox", "1");
    return task;
}

bool heard(const EngineRun& run, const std::string& answer) {
    return run.file("heard").find(answer) != std::string::npos;
}

void until_waiting(EngineRun& run, int sessions) {
    run.until_value("select count(distinct pid) from pg_locks where not granted",
                    std::to_string(sessions));
}

Rival::Rival(EngineRun& run, const std::string& sql)
    : run_(run), done_(std::async(std::launch::async, [&run, sql]() -> std::string {
        try {
            support::TestDatabase::Blocker session(run.database, sql);
            session.commit();
            return "";
        } catch (const std::exception& error) {
            return error.what();
        }
    })) {}

std::string Rival::refusal() {
    run_.until([this] { return done_.wait_for(base::Seconds(0)) == std::future_status::ready; },
               "the end of a statement");
    return done_.get();
}

} // namespace agentcron::engine
