// `on_lost`: what becomes of a task whose worker was lost.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <spdlog/fmt/fmt.h>

namespace agentcron::engine {
namespace {

const char* until_go = "echo x >> starts; while [ ! -e go ]; do sleep 0.05; done; echo done";

void end_all(const std::filesystem::path& runs, const std::string& name, bool whole_group) {
    for (const auto& file : std::filesystem::recursive_directory_iterator(runs)) {
        if (file.path().filename() != "meta") continue;
        std::ifstream meta(file.path());
        std::string member;
        long pid = 0;
        while (meta >> member >> pid && member != name) {}
        REQUIRE(pid > 1);
        REQUIRE(::kill(static_cast<pid_t>(whole_group ? -pid : pid), SIGKILL) == 0);
    }
}

// The attempt's supervisor: so it is lost under its worker's eyes.
void kill_shim(EngineRun& run) {
    end_all(run.directory / "runs", "shim_pid", false);
}

// With its machine: no later worker finds anything of what ran there.
void lose_worker(EngineRun& run, std::size_t worker) {
    const auto id = run.worker_id(worker);
    run.crash_worker(worker);
    end_all(run.directory / "runs", "shim_pid", false);
    end_all(run.directory / "runs", "agent_pid", true);
    std::filesystem::rename(run.directory / "runs" / id, run.directory / id);
    run.database.execute("update agentcron.leases set lease_until = '-infinity'");
}

// A task of that policy whose worker is gone, and a new worker.
struct Lost {
    explicit Lost(const std::string& options) {
        run.agent("wait", "command", until_go);
        const auto first = run.start_worker();
        task = run.enqueue("wait", "", options);
        run.until([&] { return run.file("starts") == "x\n"; }, "the start");
        lose_worker(run, first);
        run.database.execute("update agentcron.workers set heartbeat_at = interval '12 minutes' + "
                             "(select max(started_at) from agentcron.attempts)");
        run.start_worker();
    }
    std::string question(const std::string& column) {
        return run.database.value("select " + column + " from agentcron.inbox");
    }
    EngineRun run;
    std::int64_t task = 0;
};

} // namespace

TEST_CASE("a task with on_lost fail fails with its worker, whatever its retry policy",
          "[integration][engine]") {
    Lost lost(R"({"on_lost":"fail","retry":{"attempts":5}})");
    lost.run.until_status(lost.task, "failed");
    CHECK(lost.run.task(lost.task, "reason || '/' || attempt") == "lost/1");
    CHECK(lost.run.file("starts") == "x\n");
}

TEST_CASE("a task with on_lost ask waits for a person when its worker is lost",
          "[integration][engine]") {
    Lost lost(R"({"on_lost":"ask"})");
    auto& run = lost.run;
    run.until_status(lost.task, "waiting_for_input");
    CHECK(lost.question("kind || ' ' || headline") ==
          "choice It was lost after 12 minutes of work. Run it again?");
    CHECK(run.database.value("select outcome || '/' || reason from agentcron.attempts") ==
          "lost/lost");
    CHECK(run.database.value("select count(*) from agentcron.leases") == "0");
    CHECK(run.file("starts") == "x\n");
    SECTION("and runs again if he says so, also beyond its retry budget") {
        CHECK(run.answer(lost.task, "run again") == "");
        run.until([&] { return run.file("starts") == "x\nx\n"; }, "the second start");
        run.write("go", "");
        run.until_status(lost.task, "succeeded");
        CHECK(run.task(lost.task, "run_no || '/' || attempt") == "2/2");
        CHECK(run.output(lost.task) == "done\n");
    }
    SECTION("and fails if he gives it up") {
        CHECK(run.answer(lost.task, "Give up") == "");
        CHECK(run.task(lost.task, "status || '/' || reason") == "failed/lost");
        CHECK(run.file("starts") == "x\n");
    }
    SECTION("who is told what he may say") {
        CHECK(run.answer(lost.task, "perhaps").find("the answer is \"run again\"") !=
              std::string::npos);
        CHECK(run.task(lost.task, "status") == "waiting_for_input");
    }
    SECTION("and is cancelled at once, as one that is parked") {
        run.database.execute(fmt::format("select agentcron.cancel({})", lost.task));
        CHECK(run.task(lost.task, "status") == "cancelled");
        CHECK(run.database.value("select outcome from agentcron.questions") == "withdrawn");
    }
}

TEST_CASE("on_lost holds too where the worker itself sees that an attempt is lost",
          "[integration][engine]") {
    EngineRun run;
    run.agent("wait", "command", until_go);
    run.start_worker();
    SECTION("ask") {
        const auto task = run.enqueue("wait", "", R"({"on_lost":"ask","retry":{"attempts":5}})");
        run.until([&] { return run.file("starts") == "x\n"; }, "the start");
        kill_shim(run);
        run.until_status(task, "waiting_for_input");
        CHECK_THAT(run.database.value("select message from agentcron.attempts"),
                   Catch::Contains("vanished without a trace"));
        CHECK(processes_below(run.directory) == 0);
        CHECK(run.answer(task, "run again") == "");
        run.until([&] { return run.file("starts") == "x\nx\n"; }, "the second start");
        run.write("go", "");
        run.until_status(task, "succeeded");
    }
    SECTION("fail") {
        const auto task = run.enqueue("wait", "", R"({"on_lost":"fail","retry":{"attempts":5}})");
        run.until([&] { return run.file("starts") == "x\n"; }, "the start");
        kill_shim(run);
        run.until_status(task, "failed");
        CHECK(run.task(task, "reason || '/' || attempt") == "lost/1");
    }
}

TEST_CASE("the next leg of a task that was run again after a loss hears its own answers only",
          "[integration][engine]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(read task; echo x >> starts
case "$task" in *'"resume"'*) echo "$task" > resumed; echo '{"type":"result","result":"ok"}';; *)
if [ -e ask ]; then echo '{"type":"question","id":"q","text":"Now?"}'; fi; read answer;; esac)");
    const auto first = run.start_worker();
    const auto task = run.enqueue("asker", "", R"({"on_lost":"ask","hold":0})");
    run.until([&] { return run.file("starts") == "x\n"; }, "the start");
    lose_worker(run, first);
    run.start_worker();
    run.until_status(task, "waiting_for_input");
    run.write("ask", "");
    CHECK(run.answer(task, "run again") == "");
    run.until_value("select count(*) from agentcron.questions where native_id = 'q'", "1");
    run.until_value("select count(*) from agentcron.leases", "0");
    CHECK(run.answer(task, "yes") == "");
    run.until_status(task, "succeeded");
    CHECK(run.file("resumed").find("yes") != std::string::npos);
    CHECK(run.file("resumed").find("run again") == std::string::npos);
}

TEST_CASE("a question about a lost worker that nobody answers in time is closed as any other",
          "[integration][engine]") {
    EngineRun run;
    run.agent("wait", "command", until_go);
    const bool goes_on = GENERATE(false, true);
    const auto first = run.start_worker();
    const auto task =
        run.enqueue("wait", "",
                    goes_on ? R"({"on_lost":"ask","input_timeout":1,"on_input_timeout":"continue"})"
                            : R"({"on_lost":"ask","input_timeout":1})");
    run.until([&] { return run.file("starts") == "x\n"; }, "the start");
    lose_worker(run, first);
    run.write("go", "");
    run.start_worker();
    run.start_scheduler();
    run.until_status(task, goes_on ? "succeeded" : "failed");
    CHECK(run.task(task, "reason || '/' || run_no") == (goes_on ? "/2" : "input_timeout/1"));
}

} // namespace agentcron::engine
