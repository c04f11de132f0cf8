// One task from its claim to its end.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

#include <filesystem>

using agentcron::engine::EngineRun;
namespace fs = std::filesystem;

TEST_CASE("a task that was enqueued by SQL runs once, and all of it is on record",
          "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "echo to stdout; echo to stderr >&2; exit 3");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "exit_code");
    CHECK(run.task(task, "exit_code") == "3");
    CHECK(run.task(task, "attempt") == "1");
    CHECK(run.task(task, "message") == "exited with code 3: to stderr");
    CHECK(run.output(task, "out") == "to stdout\n");
    CHECK(run.output(task, "err") == "to stderr\n");
    CHECK(run.database.rows("select run_no, attempt, outcome, reason, exit_code, signal, resumes, "
                            "finished_at is not null, usage ? 'max_rss_kib' from "
                            "agentcron.attempts") ==
          std::vector<std::vector<std::string>>{
              {"1", "1", "failed", "exit_code", "3", "", "f", "t", "t"}});
    CHECK(run.database.value("select count(*) from agentcron.leases") == "0");
    CHECK(run.database.value("select count(*) from agentcron.ready") == "0");
}

TEST_CASE("a run directory is gone once its task has ended", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    const auto worker = run.start_worker();
    run.until_status(run.enqueue("sh"), "succeeded");
    const auto runs = run.directory / "runs" / run.worker_id(worker);
    run.until(
        [&] { return std::distance(fs::directory_iterator(runs), fs::directory_iterator()) == 1; },
        "only the lock is left in " + runs.string());
}

TEST_CASE("a prompt with quotes, newlines, dollars and backticks arrives byte for byte",
          "[integration][engine]") {
    EngineRun run;
    run.agent("cat", "command", "cat > prompt");
    run.start_worker();
    const std::string prompt = "\"double\" 'single' `date` $HOME $(id) \\n \\\\ %s\n\n\ttab ü 日本 "
                               "\x01\x7f; rm -rf * && exit\n";
    run.until_status(run.enqueue("cat", prompt), "succeeded");
    CHECK(run.file("prompt") == prompt);
}

TEST_CASE("an agent hears what it is about from its environment and knows no other secrets",
          "[integration][engine]") {
    EngineRun run;
    run.agent("env", "command", "env", R"({"env":{"MINE":"a b"}})");
    run.start_worker();
    const auto task = run.enqueue("env");
    run.until_status(task, "succeeded");
    const auto output = run.output(task);
    CHECK(output.find("AGENTCRON_TASK_ID=" + std::to_string(task) + "\n") != std::string::npos);
    CHECK(output.find("AGENTCRON_ATTEMPT=1\n") != std::string::npos);
    CHECK(output.find("MINE=a b\n") != std::string::npos);
}

TEST_CASE("a command that does not exist fails at stage exec and is not tried again",
          "[integration][engine]") {
    EngineRun run;
    run.agent("gone", "command", "", R"({"command":["/no/such/program"]})");
    run.start_worker();
    const auto task = run.enqueue("gone", "", R"({"retry":{"attempts":5,"backoff":0}})");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "spawn");
    CHECK(run.task(task, "attempt") == "1");
    CHECK(run.task(task, "message").starts_with("exec: No such file or directory: "));
}

TEST_CASE("a working directory that is not there fails at stage chdir", "[integration][engine]") {
    EngineRun run;
    run.agent("lost", "command", "true", R"({"workspace":{"dir":"/no/such/directory"}})");
    run.start_worker();
    const auto task = run.enqueue("lost");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "spawn");
    CHECK(run.task(task, "message").starts_with("chdir: No such file or directory"));
}

TEST_CASE("an unreadable env_file, a deleted agent, a broken configuration and an unknown driver "
          "each fail the task with the reason",
          "[integration][engine]") {
    EngineRun run;
    run.agent("secret", "command", "true", R"({"env_file":"/no/such.env"})");
    run.agent("folder", "command", "true", R"({"env_file":"/etc"})");
    run.agent("deleted", "command", "true");
    run.agent("broken", "command", "true", R"({"command":"a line"})");
    run.agent("newer", "telepathy", "true");
    const auto secret = run.enqueue("secret");
    const auto folder = run.enqueue("folder");
    const auto deleted = run.enqueue("deleted");
    const auto broken = run.enqueue("broken");
    const auto newer = run.enqueue("newer");
    run.database.execute("delete from agentcron.agents where name = 'deleted'");
    run.start_worker();
    for (const auto task : {secret, folder, deleted, broken, newer}) {
        run.until_status(task, "failed");
        CHECK(run.task(task, "reason") == "spawn");
    }
    CHECK(run.task(secret, "message") == "env_file /no/such.env: No such file or directory");
    CHECK(run.task(folder, "message") == "env_file /etc: Is a directory");
    CHECK(run.task(deleted, "message").starts_with("there is no agent \"deleted\" any more"));
    CHECK(run.task(broken, "message") == "agents.config: command must be a list of strings");
    CHECK(run.task(newer, "message") == "agent newer: this agentcron has no driver \"telepathy\"");
}

TEST_CASE("an agent that ignores SIGTERM is killed after its grace when its time is up",
          "[integration][engine]") {
    EngineRun run;
    run.agent("deaf", "command", "trap '' TERM; echo up; while :; do sleep 1; done",
              R"({"grace":1})");
    run.start_worker();
    const auto task = run.enqueue("deaf", "", R"({"timeout":1})");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "timeout");
    CHECK(run.database.value("select signal from agentcron.attempts") == "9");
    CHECK(run.output(task) == "up\n");
    CHECK(agentcron::engine::processes_below(run.directory) == 0);
}

TEST_CASE("a grandchild that holds stdout open does not hold the task", "[integration][engine]") {
    EngineRun run;
    run.agent("parent", "command", "(setsid sleep 1000 &) ; echo done");
    run.start_worker();
    const auto task = run.enqueue("parent");
    run.until_status(task, "succeeded");
    CHECK(run.output(task) == "done\n");
    CHECK(agentcron::engine::processes_below(run.directory) == 0);
}

TEST_CASE("a failed attempt is tried again after its backoff until one succeeds",
          "[integration][engine]") {
    EngineRun run;
    run.agent("third", "command", "echo x >> tries; [ $AGENTCRON_ATTEMPT -ge 3 ]");
    run.start_worker();
    const auto task =
        run.enqueue("third", "", R"({"retry":{"attempts":5,"backoff":1,"max_backoff":1}})");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "attempt") == "3");
    CHECK(run.file("tries") == "x\nx\nx\n");
    CHECK(run.database.rows("select run_no, attempt, outcome, reason from agentcron.attempts order "
                            "by run_no") ==
          std::vector<std::vector<std::string>>{{"1", "1", "failed", "exit_code"},
                                                {"2", "2", "failed", "exit_code"},
                                                {"3", "3", "succeeded", ""}});
    // What was wrong with the earlier attempts stands with them.
    CHECK(run.task(task, "message") == "");
}

TEST_CASE("a task waits for its next attempt as queued with reason retry",
          "[integration][engine]") {
    EngineRun run;
    run.agent("bad", "command", "exit 1");
    run.start_worker();
    const auto task =
        run.enqueue("bad", "", R"({"retry":{"attempts":2,"backoff":3600,"jitter":false}})");
    run.until_value("select status || '/' || reason from agentcron.tasks", "queued/retry");
    CHECK(run.database.value("select count(*) from agentcron.held h join agentcron.tasks t on "
                             "t.id = h.task_id and t.run_at = h.until where h.key = 'time'") ==
          "1");
    CHECK(run.task(task, "finished_at") == "");
}

TEST_CASE("without backoff every attempt of many tasks runs, one after the other",
          "[integration][engine]") {
    EngineRun run;
    run.agent("bad", "command", "exit 1");
    run.start_worker({.slots = 4});
    for (int i = 0; i < 5; ++i)
        run.enqueue("bad", "", R"({"retry":{"attempts":4,"backoff":0,"max_backoff":0}})");
    run.until_value("select count(*) from agentcron.tasks where status = 'failed'", "5");
    CHECK(run.database.value("select count(*) from agentcron.attempts where outcome = 'failed'") ==
          "20");
    CHECK(run.database.value("select string_agg(distinct attempt::text, ',') from "
                             "agentcron.tasks") == "4");
}

TEST_CASE("urgent tasks come first, and older ones that wait are not forgotten",
          "[integration][engine]") {
    EngineRun run;
    run.agent("log", "command", "cat >> order");
    // A point of priority is worth a minute of waiting.
    const auto late = [&](const char* name, int minutes, int priority) {
        run.database.execute(fmt::format(
            "select agentcron.enqueue('log', '{}\n', run_at => now() - interval '{} minutes', "
            "options => '{{\"priority\": {}}}')",
            name, minutes, priority));
    };
    late("patient", 150, 200);
    late("usual", 60, 100);
    late("urgent", 0, 0);
    late("idle", 10, 200);
    run.start_worker({.slots = 1});
    run.until_value("select count(*) from agentcron.tasks where status = 'succeeded'", "4");
    CHECK(run.file("order") == "urgent\nusual\npatient\nidle\n");
}

TEST_CASE("a task for a later time, even for never, stops no other", "[integration][engine]") {
    EngineRun run;
    run.agent("sh", "command", "true");
    run.database.execute("select agentcron.enqueue('sh', run_at => 'infinity')");
    run.start_worker();
    const auto soon = std::stoll(run.database.value(
        "select agentcron.enqueue('sh', run_at => now() + interval '1 second')"));
    run.until_status(soon, "succeeded");
    CHECK(run.database.value("select count(*) from agentcron.tasks where status = 'queued'") ==
          "1");
}
