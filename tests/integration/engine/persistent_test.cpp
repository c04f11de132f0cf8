// Processes that serve one task after another. The agent does what its prompt says, and keeps a
// journal of its life.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <set>
#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;
using Catch::Contains;

namespace {

constexpr const char* agent_script = R"(echo "up $$" >> journal; echo imported
[ -e broken ] && { echo 'no licence was found' >&2; exit 4; }
echo '{"type":"ready"}'; n=0
while read -r line; do
  case $line in *'"type":"task"'*) ;; *) continue ;; esac
  n=$((n + 1))
  case $line in
    *'"prompt":"crash"'*) echo 'about to crash' >&2; kill -9 $$ ;;
    *'"prompt":"deaf"'*) echo "began $$" >> journal; while :; do sleep 0.05; done ;;
    *'"prompt":"stay"'*)
      echo "began $$" >> journal; read -r order; echo "$order" >> journal
      echo '{"type":"ready"}'; continue ;;
    *'"prompt":"no result"'*) echo '{"type":"ready"}'; continue ;;
    *'"prompt":"ask"'*)
      echo '{"type":"question","id":"q","text":"Which?"}'; read -r line ;;
    *'"resume"'*) ;;
  esac
  echo "said $line"; echo "error $n" >&2
  echo "{\"type\":\"result\",\"result\":\"$$ $n\"}"
  case $line in
    *'"prompt":"stray"'*) printf '{"type":"ready"}\nstray\n' ;;
    *'"prompt":"late ask"'*)
      echo '{"type":"ready"}'; "$ASK" '{"text":"Hello?"}' > refused ;;
    *) echo '{"type":"ready"}' ;;
  esac
done
echo "ended $$" >> journal)";

void add_agent(EngineRun& run, const std::string& config = "{}") {
    run.agent("warm", "jsonl", agent_script,
              R"({"persistent":true,"env":{"ASK":")" AGENTCRON_BINARY_DIR R"(/tests/tests_ask"}})");
    run.database.execute(fmt::format(
        "update agentcron.agents set config = config || '{}' where name = 'warm'", config));
}

std::int64_t do_task(EngineRun& run, const std::string& prompt = "work",
                     const std::string& status = "succeeded") {
    const auto task = run.enqueue("warm", prompt);
    run.until_status(task, status);
    return task;
}

void until_said(EngineRun& run, const std::string& words) {
    run.until([&] { return run.file("journal").find(words) != std::string::npos; }, words);
}

std::string result(EngineRun& run, std::int64_t task) {
    return run.task(task, "result #>> '{}'");
}
std::string pid_of(EngineRun& run, std::int64_t task) {
    const auto text = result(run, task);
    return text.substr(0, text.find(' '));
}

} // namespace

TEST_CASE("one process serves one task after another, each with its own output",
          "[integration][engine]") {
    EngineRun run;
    add_agent(run);
    run.start_worker();
    const auto first = do_task(run);
    const auto pid = pid_of(run, first);
    const auto second = do_task(run, "stray");
    const auto third = do_task(run);
    CHECK(result(run, second) == pid + " 2");
    CHECK(result(run, third) == pid + " 3");
    CHECK(run.file("journal") == "up " + pid + "\n");
    // What it said before its first task is the first task's; what it said between two is nobody's.
    CHECK_THAT(run.output(first),
               Catch::StartsWith("imported\n{\"type\":\"ready\"}\nsaid {\"type\":\"task\""));
    CHECK_THAT(run.output(third), Catch::StartsWith("said {\"type\":\"task\""));
    CHECK(run.output(first, "err") == "error 1\n");
    CHECK(run.output(second, "err") == "error 2\n");
    CHECK(run.output(third, "err") == "error 3\n");
}

TEST_CASE("many tasks at once over few processes: no output ends in another's",
          "[integration][engine]") {
    EngineRun run;
    add_agent(run);
    run.start_worker();
    for (int i = 0; i < 40; ++i) run.enqueue("warm", fmt::format("number {} of many", i));
    run.until_value("select count(*) from agentcron.tasks where status = 'succeeded'", "40");
    CHECK(run.database.value(
              "select count(*) from agentcron.tasks t where (select string_agg(convert_from(body, "
              "'UTF8'), '' order by seq) from agentcron.output o where o.task_id = t.id and "
              "o.stream = 'out' and o.kind = 'text') ~ ('^(imported\\n)?said [^\\n]*\"task_id\":' "
              "|| t.id || ',[^\\n]*\\n$')") == "40");
    CHECK(run.database.value("select count(distinct split_part(result #>> '{}', ' ', 1)) <= 4 from "
                             "agentcron.tasks") == "t");
}

TEST_CASE("a crash loses only the task in flight", "[integration][engine]") {
    EngineRun run;
    add_agent(run);
    run.start_worker();
    const auto staying = run.enqueue("warm", "stay");
    until_said(run, "began");
    const auto crashed = do_task(run, "crash", "failed");
    CHECK(run.task(crashed, "reason") == "signal");
    CHECK_THAT(run.task(crashed, "message"), Contains("about to crash"));
    CHECK(run.task(staying, "status") == "running");
    CHECK(run.output(do_task(run), "err") == "error 1\n");
    run.database.execute(fmt::format("select agentcron.cancel({})", staying));
    run.until_status(staying, "cancelled");
}

TEST_CASE("a task that is cancelled politely leaves its process to the next",
          "[integration][engine]") {
    EngineRun run;
    add_agent(run, R"({"grace":30})");
    run.start_worker();
    const auto task = run.enqueue("warm", "stay");
    until_said(run, "began");
    run.database.execute(fmt::format("select agentcron.cancel({})", task));
    run.until_status(task, "cancelled");
    CHECK_THAT(run.file("journal"), Contains("{\"type\":\"cancel\"}\n"));
    CHECK(result(run, do_task(run)).ends_with(" 2"));
}

TEST_CASE("a process that does not hear a cancel is ended, and the next task gets another",
          "[integration][engine]") {
    EngineRun run;
    add_agent(run, R"({"grace":1})");
    run.start_worker();
    const auto task = run.enqueue("warm", "deaf");
    until_said(run, "began");
    run.database.execute(fmt::format("select agentcron.cancel({})", task));
    run.until_status(task, "cancelled");
    CHECK(result(run, do_task(run)).ends_with(" 1"));
}

TEST_CASE("a task that says ready without a result has failed", "[integration][engine]") {
    EngineRun run;
    add_agent(run);
    run.start_worker();
    const auto task = do_task(run, "no result", "failed");
    CHECK(run.task(task, "reason") == "protocol");
    CHECK(result(run, do_task(run)).ends_with(" 2"));
}

TEST_CASE("a persistent agent asks, is answered, and goes on", "[integration][engine]") {
    EngineRun run;
    add_agent(run);
    run.start_worker();
    const auto task = run.enqueue("warm", "ask");
    run.until_status(task, "waiting_for_input");
    CHECK(run.answer(task, "main") == "");
    run.until_status(task, "succeeded");
    CHECK_THAT(run.output(task), Contains(R"(said {"type":"answer","id":"q","answer":"main"})"));
    CHECK(result(run, do_task(run)).ends_with(" 2"));
}

TEST_CASE("a question outlives its persistent process", "[integration][engine]") {
    EngineRun run;
    add_agent(run);
    const auto worker = run.start_worker();
    const auto task = run.enqueue("warm", "ask");
    run.until_status(task, "waiting_for_input");
    run.stop_worker(worker);
    CHECK(run.task(task, "status") == "waiting_for_input");
    CHECK(processes_below(run.directory / "runs") == 0);
    CHECK(run.answer(task, "main") == "");
    run.start_worker();
    run.until_status(task, "waiting_for_input"); // this agent asks again
    CHECK(run.answer(task, "next") == "");
    run.until_status(task, "succeeded");
    CHECK_THAT(run.output(task), Contains(R"("answer":"next"})"));
}

TEST_CASE("nobody is asked by a process that has no task", "[integration][engine]") {
    EngineRun run;
    add_agent(run);
    run.start_worker();
    do_task(run, "late ask");
    run.until([&] { return run.file("refused").find('\n') != std::string::npos; }, "the refusal");
    CHECK_THAT(run.file("refused"), Contains("no task is being worked on"));
    CHECK(run.database.value("select count(*) from agentcron.questions") == "0");
}

TEST_CASE("a process that has served its number, or is too large, is replaced",
          "[integration][engine]") {
    EngineRun run;
    SECTION("by number") {
        add_agent(run, R"({"recycle":{"requests":2}})");
        run.start_worker();
        const auto pid = pid_of(run, do_task(run));
        CHECK(result(run, do_task(run)) == pid + " 2");
        until_said(run, "ended " + pid);
        CHECK(pid_of(run, do_task(run)) != pid);
    }
    SECTION("by memory") {
        add_agent(run, R"({"recycle":{"memory":1}})");
        run.start_worker();
        const auto pid = pid_of(run, do_task(run));
        until_said(run, "ended " + pid);
    }
    SECTION("by what it wrote") {
        add_agent(run, R"({"limits":{"output":400}})");
        run.start_worker();
        const auto pid = pid_of(run, do_task(run));
        until_said(run, "ended " + pid);
    }
}

TEST_CASE("a process that had nothing to do for its idle time is ended", "[integration][engine]") {
    EngineRun run;
    add_agent(run, R"({"idle":0})");
    run.start_worker();
    until_said(run, "ended " + pid_of(run, do_task(run)));
    run.until([&] { return processes_below(run.directory / "runs") == 0; }, "its end");
}

TEST_CASE("an agent that was changed gets new processes", "[integration][engine]") {
    EngineRun run;
    add_agent(run);
    run.start_worker();
    const auto pid = pid_of(run, do_task(run));
    run.database.execute("update agentcron.agents set config = config || '{\"grace\":7}'");
    CHECK(pid_of(run, do_task(run)) != pid);
    until_said(run, "ended " + pid);
}

TEST_CASE("a process that cannot start fails the task that it was started for",
          "[integration][engine]") {
    EngineRun run;
    add_agent(run);
    run.write("broken", "");
    run.start_worker();
    const auto task = do_task(run, "work", "failed");
    CHECK(run.task(task, "reason") == "exit_code");
    CHECK_THAT(run.task(task, "message"), Contains("no licence was found"));
    CHECK(run.output(task) == "imported\n");
}

TEST_CASE("a persistent process is up before the fire time", "[integration][engine]") {
    EngineRun run;
    add_agent(run, R"({"prewarm":3600})");
    run.start_scheduler();
    run.start_worker();
    add_schedule(run, "nightly", "warm");
    until_said(run, "up ");
    CHECK(run.database.value("select count(*) from agentcron.tasks") == "0");
    const auto task = fire(run, "nightly");
    run.until_status(task, "succeeded");
    CHECK_THAT(run.file("journal"), Catch::StartsWith("up " + pid_of(run, task) + "\n"));
}

TEST_CASE("persistent processes end with their worker", "[integration][engine]") {
    EngineRun run;
    add_agent(run);
    const auto worker = run.start_worker();
    const auto pid = pid_of(run, do_task(run));
    SECTION("politely when it stops") {
        run.stop_worker(worker);
        CHECK_THAT(run.file("journal"), Contains("ended " + pid));
    }
    SECTION("by the next start when it died") {
        run.crash_worker(worker);
        CHECK(processes_below(run.directory / "runs") > 0);
        run.end_leftovers();
    }
    CHECK(processes_below(run.directory / "runs") == 0);
}

TEST_CASE("a task in flight is queued again when its worker stops", "[integration][engine]") {
    EngineRun run;
    add_agent(run);
    const auto worker = run.start_worker();
    const auto task = run.enqueue("warm", "stay");
    until_said(run, "began");
    run.stop_worker(worker);
    CHECK(run.task(task, "status") == "queued");
    CHECK(processes_below(run.directory / "runs") == 0);
}
