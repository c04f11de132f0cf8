// `context`: rows of the database in the prompt and in a file, anew in each attempt.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;

namespace {

void let_context_in(EngineRun& run) {
    run.database.execute("select agentcron.make_context_role(); "
                         "create table mail (id int, subject text); "
                         "insert into mail values (1, 'hello'), (2, 'o''clock'); "
                         "grant select on mail to agentcron_context");
}

} // namespace

TEST_CASE("the rows of a query are in the prompt, in a file and in the task message",
          "[integration][engine][context]") {
    EngineRun run;
    let_context_in(run);
    run.agent("shell", "command", "cat > prompt; cp \"$AGENTCRON_CONTEXT_FILE\" file");
    run.agent("lines", "jsonl",
              "read -r task; printf '%s' \"$task\" > message\n"
              R"(echo '{"type":"result","result":1}')");
    run.start_worker();
    const std::string options =
        R"({"params":{"id":2},"context":{"mail":"select * from mail where id = {{params.id}}",)"
        R"("all":"select id from mail order by id"}})";
    // The parameters of a task that is enqueued stand beside its options.
    const auto enqueue = [&](const std::string& agent) {
        const auto task = run.database.value(fmt::format(
            "select agentcron.enqueue('{}', 'Mail: {{{{context.mail}}}}', '{{\"id\": 2}}', null, "
            "'{}')",
            agent, options));
        run.until_status(std::stoll(task), "succeeded");
    };
    enqueue("shell");
    CHECK(run.file("prompt") == R"(Mail: [{"id":2,"subject":"o'clock"}])");
    CHECK(run.file("file") == "{\"all\":[{\"id\":1},\n {\"id\":2}],\n"
                              "\"mail\":[{\"id\":2,\"subject\":\"o'clock\"}]}");
    enqueue("lines");
    CHECK(run.file("message").find(
              R"("context":{"all":[{"id":1}, {"id":2}],"mail":[{"id":2,"subject":"o'clock"}]})") !=
          std::string::npos);
}

TEST_CASE("a query that fails fails its attempt, and the next one asks anew",
          "[integration][engine][context]") {
    EngineRun run;
    let_context_in(run);
    run.agent("shell", "command", "cat > prompt");
    run.start_worker();
    const auto task = run.enqueue("shell", "{{context.late}}",
                                  R"({"context":{"late":"select * from late"},)"
                                  R"("retry":{"attempts":100,"backoff":1,"max_backoff":1}})");
    run.until_value(fmt::format("select reason from agentcron.attempts where task_id = {} and "
                                "run_no = 1 and finished_at is not null",
                                task),
                    "context");
    CHECK(run.database.value("select message from agentcron.attempts where run_no = 1") ==
          "the query late of context: relation \"late\" does not exist");
    run.database.execute("create table late (x int); insert into late values (7); "
                         "grant select on late to agentcron_context");
    run.until_status(task, "succeeded");
    CHECK(run.file("prompt") == R"([{"x":7}])");
}

TEST_CASE("too much for the prompt is an error that says so", "[integration][engine][context]") {
    EngineRun run;
    let_context_in(run);
    run.agent("shell", "command", "cat > prompt");
    run.start_worker();
    const auto big = R"({"context":{"big":"select repeat('x', 300000) as x"}})";
    const auto task = run.enqueue("shell", "{{context.big}}", big);
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || ': ' || message") ==
          "context: context gives the prompt 300010 bytes, more than the 262144 of `context: "
          "{max_prompt: ...}`; select less, or let the agent read the file "
          "$AGENTCRON_CONTEXT_FILE");
    run.until_status(run.enqueue("shell", "see the file", big), "succeeded");
}

TEST_CASE("a task that is cancelled while its query runs starts no process",
          "[integration][engine][context]") {
    EngineRun run;
    let_context_in(run);
    run.agent("shell", "command", "cat > prompt");
    run.start_worker();
    const auto task = run.enqueue("shell", "", R"x({"context":{"slow":"select pg_sleep(3600)"}})x");
    run.until_value("select count(*) from pg_stat_activity where query like 'fetch%' and state = "
                    "'active' and datname = current_database()",
                    "1");
    run.database.execute(fmt::format("select agentcron.cancel({})", task));
    run.until_status(task, "cancelled");
    CHECK(run.file("prompt").empty());
}

TEST_CASE("a leg that resumes has its rows too", "[integration][engine][context]") {
    EngineRun run;
    let_context_in(run);
    run.agent("asker", "jsonl", R"(read -r task
case "$task" in *'"resume"'*) printf '%s' "$task" > message
echo '{"type":"result","result":1}'; exit;; esac
echo '{"type":"question","id":"q","text":"Go on?"}'; read -r line)");
    run.start_worker();
    const auto task =
        run.enqueue("asker", "{{context.mail}}",
                    R"({"hold":0,"context":{"mail":"select count(*) as mails from mail"}})");
    run.until_value("select count(*) from agentcron.attempts where outcome = 'parked'", "1");
    run.database.execute("insert into mail values (3, 'late')");
    REQUIRE(run.answer(task, "yes").empty());
    run.until_status(task, "succeeded");
    CHECK(run.file("message").find(R"("context":{"mail":[{"mails":3}]})") != std::string::npos);
}
