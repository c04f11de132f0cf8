// Results of earlier steps, as agents receive them.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

#include <filesystem>

using agentcron::engine::EngineRun;

namespace {

std::int64_t enqueue_with(EngineRun& run, const std::string& agent, const std::string& inputs,
                          const std::string& prompt = "") {
    const auto task = run.enqueue(agent, prompt);
    run.database.execute("update agentcron.tasks set inputs = " + inputs +
                         " where id = " + std::to_string(task));
    return task;
}

const char* parsed = R"('{"parse": {"pages": 12.50, "title": "A \"b\""}}')";
const char* large = R"(jsonb_build_object('parse', repeat('x', 100000)))";

} // namespace

TEST_CASE("a command gets earlier results in its environment, in a file and in its prompt",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", R"(cat > prompt; printf '%s' "$AGENTCRON_RESULTS" > variable
cat "$AGENTCRON_RESULTS_FILE" > file; stat -c %a "$AGENTCRON_RESULTS_FILE" > mode
printf '%s' "$AGENTCRON_RESULTS_FILE" > name)");
    const auto task = enqueue_with(run, "sh", parsed, "on {{results.parse.title}}");
    run.start_worker();
    run.until_status(task, "succeeded");
    CHECK(run.file("prompt") == "on A \"b\"");
    CHECK(run.file("variable") == R"({"parse": {"pages": 12.50, "title": "A \"b\""}})");
    CHECK(run.file("file") == run.file("variable"));
    CHECK(run.file("mode") == "600\n");
    run.until([&] { return !std::filesystem::exists(run.file("name")); }, "the file's end");
}

TEST_CASE("earlier results that are too large for a variable are in the file",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", R"([ "${AGENTCRON_RESULTS-none}" = none ] || exit 1
wc -c < "$AGENTCRON_RESULTS_FILE" > size)");
    const auto task = enqueue_with(run, "sh", large);
    run.start_worker();
    run.until_status(task, "succeeded");
    CHECK(run.file("size") == "100013\n");
}

TEST_CASE("a jsonl agent gets earlier results in its task line", "[integration][engine]") {
    EngineRun run;
    run.agent("j", "jsonl", R"(read -r task; printf '%s' "$task" > task
echo '{"type":"result","result":1}')");
    const auto task = enqueue_with(run, "j", parsed);
    run.start_worker();
    run.until_status(task, "succeeded");
    CHECK(run.file("task").ends_with(
        R"("results":{"parse": {"pages": 12.50, "title": "A \"b\""}}})"));
}

TEST_CASE("a prompt that names a result that is not there is told what is",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    const auto task = enqueue_with(run, "sh", parsed, "{{results.parse.page}}");
    run.start_worker();
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "spawn");
    CHECK(run.task(task, "message").find("did you mean 'results.parse.pages'?") !=
          std::string::npos);
}

TEST_CASE("without earlier results nothing is said of them", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "env | grep RESULTS; exit 0");
    const auto task = enqueue_with(run, "sh", "'{}'");
    run.start_worker();
    run.until_status(task, "succeeded");
    CHECK(run.output(task) == "");
}
