// What proves that a task did its work: exit code, result, check.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

#include <boost/json.hpp>

using agentcron::engine::EngineRun;
namespace json = boost::json;

namespace {

// The options of a task whose check is a shell script.
std::string checked_by(const std::string& script, json::object more = {}) {
    more["success"] = {{"check", {"/bin/sh", "-c", script}}};
    return json::serialize(more);
}

const char* gives_result = R"(echo '{"type":"result","result":{"rows": 12.50}}' >&3)";

} // namespace

TEST_CASE("the exit codes of success count, and no others", "[integration][engine]") {
    EngineRun run;
    run.agent("three", "command", "exit 3");
    run.agent("zero", "command", "true");
    run.start_worker();
    const char* three_is_good = R"({"success":{"exit_codes":[3]}})";
    const auto good = run.enqueue("three", "", three_is_good);
    run.until_status(good, "succeeded");
    CHECK(run.task(good, "exit_code") == "3");
    const auto bad = run.enqueue("zero", "", three_is_good);
    run.until_status(bad, "failed");
    CHECK(run.task(bad, "reason || ': ' || message") == "exit_code: exited with code 0");
}

TEST_CASE("a task that must give a result and does not is failed", "[integration][engine]") {
    EngineRun run;
    run.agent("mute", "command", "true");
    run.agent("giver", "command", gives_result);
    run.start_worker();
    const char* required = R"({"success":{"result":true}})";
    const auto mute = run.enqueue("mute", "", required);
    run.until_status(mute, "failed");
    CHECK(run.task(mute, "reason || ': ' || message") ==
          "check: gave no result although success.result is required");
    run.until_status(run.enqueue("giver", "", required), "succeeded");
}

TEST_CASE("a check runs where and as its agent ran, and is told of its end",
          "[integration][engine]") {
    EngineRun run;
    run.agent("giver", "command", gives_result, R"({"env":{"MINE":"a b"}})");
    run.start_worker();
    const auto task = run.enqueue(
        "giver", "",
        checked_by("cat > told; echo \"$AGENTCRON_RESULT|$AGENTCRON_EXIT_CODE|$AGENTCRON_TASK_ID|"
                   "$MINE\" > heard; exit 0"));
    run.until_status(task, "succeeded");
    CHECK(run.file("told") == "{\"rows\": 12.50}");
    CHECK(run.file("heard") == "{\"rows\": 12.50}|0|" + std::to_string(task) + "|a b\n");
    CHECK(run.database.value("select count(*) from agentcron.attempts") == "1");
    CHECK(agentcron::engine::processes_below(run.directory) == 0);
}

TEST_CASE("a check that fails fails the task, with its last words", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "echo done; printf half");
    run.start_worker();
    const auto task = run.enqueue(
        "sh", "", checked_by("echo looking; echo '2 rows differ' >&2; printf bye; exit 7"));
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || ': ' || message") ==
          "check: its check '/bin/sh' exited with code 7: 2 rows differ");
    CHECK(run.task(task, "exit_code") == "0");
    CHECK(run.database.value("select exit_code from agentcron.attempts") == "0");
    CHECK(run.output(task) == "done\nhalflooking\nbye");
    const auto rows = run.database.rows(
        "select stream, kind, text from agentcron.task_log order by kind desc, stream, seq");
    CHECK(rows == std::vector<std::vector<std::string>>{{"out", "text", "done\nhalf"},
                                                        {"err", "check", "2 rows differ\n"},
                                                        {"out", "check", "looking\n"},
                                                        {"out", "check", "bye"}});
    CHECK(run.database.value("select bool_and(c.seq > a.seq) from agentcron.output a, "
                             "agentcron.output c where a.kind = 'text' and c.kind = 'check'") ==
          "t");
}

TEST_CASE("a failed check is tried again with its agent", "[integration][engine]") {
    EngineRun run;
    run.agent("count", "command", "echo x >> starts");
    run.start_worker();
    const auto task = run.enqueue(
        "count", "",
        checked_by("[ $(wc -l < starts) -ge 2 ]", {{"retry", {{"attempts", 3}, {"backoff", 0}}}}));
    run.until_status(task, "succeeded");
    CHECK(run.file("starts") == "x\nx\n");
    CHECK(run.database.value("select outcome || '/' || reason from agentcron.attempts where "
                             "run_no = 1") == "failed/check");
}

TEST_CASE("a check that cannot be started fails the task for good", "[integration][engine]") {
    EngineRun run;
    run.agent("count", "command", "echo x >> starts");
    run.start_worker();
    const auto task = run.enqueue(
        "count", "", R"({"retry":{"attempts":3,"backoff":0},"success":{"check":["/no/check"]}})");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "check");
    CHECK(run.task(task, "message").starts_with("the check could not be started: exec: "));
    CHECK(run.file("starts") == "x\n");
}

TEST_CASE("an agent that failed is not checked", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "exit 1");
    run.start_worker();
    const auto task = run.enqueue("sh", "", checked_by(": > checked"));
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "exit_code");
    CHECK_FALSE(std::filesystem::exists(run.directory / "checked"));
}

TEST_CASE("a result that is too large for a variable is whole on the check's stdin",
          "[integration][engine]") {
    EngineRun run;
    run.agent("giver", "command", R"(printf '{"type":"result","result":"%0100000d"}\n' 7 >&3)");
    run.start_worker();
    const auto task = run.enqueue(
        "giver", "", checked_by("[ \"${AGENTCRON_RESULT-none}\" = none ] && wc -c > size"));
    run.until_status(task, "succeeded");
    CHECK(std::stoi(run.file("size")) == 100'002);
}

TEST_CASE("a check has what is left of the agent's time", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_worker();
    const auto task = run.enqueue("sh", "", checked_by("sleep 1000", {{"timeout", 2}}));
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || ': ' || message") ==
          "check: its check '/bin/sh' did not end in time");
    CHECK(agentcron::engine::processes_below(run.directory) == 0);
}

TEST_CASE("a check cannot ask", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.start_worker();
    const auto task = run.enqueue(
        "sh", "", checked_by("'" AGENTCRON_BINARY_DIR R"(/tests/tests_ask' '{"text":"Well?"}')"));
    run.until_status(task, "succeeded");
    CHECK(run.output(task) == "{\"error\":\"only the agent itself can ask a person\"}\n");
    CHECK(run.database.value("select count(*) from agentcron.questions") == "0");
}

TEST_CASE("a question that a good end leaves open is withdrawn before the check",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(read task
echo '{"type":"question","id":"q","text":"Well?"}'; echo '{"type":"result","result":1}'
while [ ! -e go ]; do sleep 0.05; done)");
    run.start_worker();
    const auto task =
        run.enqueue("asker", "", checked_by(": > up; while [ ! -e pass ]; do sleep 0.05; done"));
    run.until_status(task, "waiting_for_input");
    run.write("go", "");
    run.until_status(task, "running");
    CHECK(run.database.value("select count(*) from agentcron.inbox") == "0");
    run.write("pass", "");
    run.until_status(task, "succeeded");
}
