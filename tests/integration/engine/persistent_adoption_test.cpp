// Requests of persistent processes that outlive their worker: the next one goes on with them.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;
using Catch::Contains;

namespace {

// Notes its life in `life`. A task "wait" goes on when there is a file `go`, a task "ask" when it
// is answered; with a file `slow` the process is ready when there is a file `import`.
constexpr const char* agent_script = R"(echo "up" >> life
[ -e slow ] && { echo importing; until [ -e import ]; do sleep 0.02; done; }
echo '{"type":"ready"}'; n=0
while read -r line; do
  n=$((n + 1)); echo "task $n" >> life; echo "began $n"
  case $line in
    *'"prompt":"wait"'*) until [ -e go ]; do sleep 0.02; done ;;
    *'"prompt":"ask"'*)
      echo '{"type":"question","id":"q","text":"Which?"}'; read -r line; echo "heard" >> life
      echo "$line"; until [ -e go ]; do sleep 0.02; done ;;
    *'"prompt":"die"'*) until [ -e go ]; do sleep 0.02; done; exit 3 ;;
  esac
  echo "{\"type\":\"result\",\"result\":\"$n\"}"
  echo '{"type":"ready"}'
done
echo "ended" >> life)";

void until_lived(EngineRun& run, const std::string& life) {
    run.until([&] { return run.file("life") == life; }, life);
}

std::string outcome_of(EngineRun& run, std::int64_t task) {
    return run.task(task, "status || ' ' || attempt || '/' || run_no || ' ' || "
                          "coalesce(result #>> '{}', '')");
}

} // namespace

TEST_CASE("a request of a persistent process goes on with the next worker",
          "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("warm", "jsonl", agent_script, R"({"persistent":true})");
    auto worker = run.start_worker();
    run.until_status(run.enqueue("warm", "work"), "succeeded");
    const auto task = run.enqueue("warm", "wait");
    until_lived(run, "up\ntask 1\ntask 2\n");
    const auto how = GENERATE(Leave::by_crash, Leave::by_stop);
    SECTION("and is waited for") {
        for (int times = GENERATE(1, 2); times > 0; --times) {
            run.leave(worker, how);
            worker = run.start_worker();
        }
        run.write("go", "");
    }
    SECTION("and was over before") {
        run.leave(worker, how);
        run.write("go", "");
        run.start_worker();
    }
    run.until_status(task, "succeeded");
    CHECK(outcome_of(run, task) == "succeeded 1/1 2");
    CHECK_THAT(run.output(task), Catch::StartsWith("began 2\n"));
    // It has no worker that could give it another task.
    until_lived(run, "up\ntask 1\ntask 2\nended\n");
    run.until([&] { return processes_below(run.directory / "runs") == 0; }, "its end");
    run.until_status(run.enqueue("warm", "work"), "succeeded");
}

TEST_CASE("a process that dies with a request while no worker runs gives its exit code",
          "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("warm", "jsonl", agent_script, R"({"persistent":true})");
    const auto worker = run.start_worker();
    const auto task = run.enqueue("warm", "die");
    until_lived(run, "up\ntask 1\n");
    run.crash_worker(worker);
    run.write("go", "");
    run.until([&] { return processes_below(run.directory) == 0; }, "its end");
    run.start_worker();
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || ' ' || exit_code") == "exit_code 3");
}

TEST_CASE("a process that was still starting gets its task from the next worker",
          "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("warm", "jsonl", agent_script, R"({"persistent":true})");
    run.write("slow", "");
    const auto worker = run.start_worker();
    const auto task = run.enqueue("warm", "work");
    run.until_value("select count(*) from agentcron.output", "1");
    run.leave(worker, GENERATE(Leave::by_crash, Leave::by_stop));
    SECTION("that came first") {
        run.start_worker();
        run.write("import", "");
    }
    SECTION("that came when it was ready") {
        run.write("import", "");
        run.start_worker();
    }
    run.until_status(task, "succeeded");
    CHECK(outcome_of(run, task) == "succeeded 1/1 1");
    CHECK_THAT(run.output(task), Catch::StartsWith("importing\n") && Contains("began 1\n"));
    until_lived(run, "up\ntask 1\nended\n");
}

TEST_CASE("a question of a persistent process goes on, and is answered once",
          "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("warm", "jsonl", agent_script, R"({"persistent":true})");
    auto worker = run.start_worker();
    const auto task = run.enqueue("warm", "ask");
    run.until_status(task, "waiting_for_input");
    const auto how = GENERATE(Leave::by_crash, Leave::by_stop);
    run.leave(worker, how);
    worker = run.start_worker();
    CHECK(run.answer(task, "main") == "");
    until_lived(run, "up\ntask 1\nheard\n");
    run.leave(worker, how);
    run.start_worker();
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(outcome_of(run, task) == "succeeded 1/1 1");
    CHECK_THAT(run.output(task), Contains(R"("answer":"main")"));
    until_lived(run, "up\ntask 1\nheard\nended\n");
}

TEST_CASE("two requests of one process whose ends are not stored both go on",
          "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("warm", "jsonl", agent_script, R"({"persistent":true})");
    const auto worker = run.start_worker();
    const auto first = run.enqueue("warm", "wait");
    until_lived(run, "up\ntask 1\n");
    using Blocker = agentcron::support::TestDatabase::Blocker;
    // The second task is being claimed when the first one ends.
    Blocker claim(run.database, "lock table agentcron.leases in share mode");
    Blocker first_end(run.database, fmt::format("select from agentcron.tasks where id = {} "
                                                "for update",
                                                first));
    const auto second = run.enqueue("warm", "ask");
    run.until_value("select count(*) > 0 from pg_locks where relation = "
                    "'agentcron.leases'::regclass and not granted",
                    "t");
    run.write("go", "");
    run.until_value(fmt::format("select count(*) from agentcron.output where task_id = {}", first),
                    "4");
    claim.release();
    until_lived(run, "up\ntask 1\ntask 2\n");
    SECTION("because the database was away") {
        run.database.cut_off();
        run.crash_worker(worker);
        run.database.let_in();
    }
    SECTION("or it was just stored") {
        first_end.release();
        run.crash_worker(worker);
    }
    run.start_worker();
    run.until_status(first, "succeeded");
    run.until_status(second, "waiting_for_input");
    CHECK(run.answer(second, "main") == "");
    run.until_status(second, "succeeded");
    CHECK(outcome_of(run, first) == "succeeded 1/1 1");
    CHECK(outcome_of(run, second) == "succeeded 1/1 2");
    until_lived(run, "up\ntask 1\ntask 2\nheard\nended\n");
}
