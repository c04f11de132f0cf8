// Agents that outlive their worker: the next one on the machine goes on with them.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <boost/json.hpp>
#include <csignal>
#include <fstream>
#include <iterator>
#include <spdlog/fmt/fmt.h>

using agentcron::engine::EngineRun;
using agentcron::engine::Leave;
using agentcron::engine::Stop;
namespace engine = agentcron::engine;
namespace fs = std::filesystem;

namespace {

// Counts its starts, and goes on when there is a file of that name.
const char* patient = R"(echo x >> starts; echo one; echo two >&2; touch here
until [ -e go ]; do sleep 0.02; done; printf 'three')";

// All that it reads is in `heard`; ends after its answer, when it may.
const char* asker = R"(echo x >> starts
read -r task; printf '%s\n' "$task" >> heard
echo '{"type":"session","session_id":"s1"}'
echo '{"type":"question","id":"q","text":"Which branch?"}'
read -r line; printf '%s\n' "$line" >> heard
until [ -e go ]; do sleep 0.02; done
echo '{"type":"usage","cost_usd":0.5}'
echo '{"type":"result","result":"done"}'; cat >> heard)";

void until_file(EngineRun& run, const std::string& name) {
    run.until([&] { return fs::exists(run.directory / name); }, "the file " + name);
}

std::string runs_of(EngineRun& run, std::int64_t task) {
    return run.task(task, "attempt || '/' || run_no") + " " +
           run.database.value("select string_agg(coalesce(outcome, ''), ',' order by run_no) from "
                              "agentcron.attempts where task_id = " +
                              std::to_string(task));
}

// The run directory of the only attempt.
fs::path only_run(EngineRun& run) {
    std::vector<fs::path> found;
    for (const auto& worker : fs::directory_iterator(run.directory / "runs"))
        if (worker.is_directory())
            for (const auto& one : fs::directory_iterator(worker.path()))
                if (fs::exists(one.path() / "spool")) found.push_back(one.path());
    REQUIRE(found.size() == 1);
    return found.front();
}

std::string text_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("an agent goes on with the next worker, and nothing of it is recorded twice",
          "[integration][engine][adopt]") {
    EngineRun run;
    const auto how = GENERATE(Leave::by_crash, Leave::by_stop);
    run.agent("patient", "command", patient);
    auto worker = run.start_worker();
    const auto task = run.enqueue("patient", "", R"({"retry":{"attempts":3}})");
    until_file(run, "here");
    for (int times = GENERATE(1, 3); times > 0; --times) {
        run.leave(worker, how);
        CHECK(engine::processes_below(run.directory) > 0);
        CHECK(run.task(task, "status") == "running");
        worker = run.start_worker();
        run.until_value("select count(*) from agentcron.leases where worker_id = '" +
                            run.worker_id(worker) + "'",
                        "1");
    }
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(run.file("starts") == "x\n");
    CHECK(run.output(task) == "one\nthree");
    CHECK(run.output(task, "err") == "two\n");
    CHECK(runs_of(run, task) == "1/1 succeeded");
    CHECK(engine::processes_below(run.directory) == 0);
}

TEST_CASE("an agent that ended while no worker ran gets its true exit code",
          "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("patient", "command", std::string(patient) + "; exit 3");
    const auto worker = run.start_worker();
    const auto task = run.enqueue("patient");
    until_file(run, "here");
    run.crash_worker(worker);
    run.write("go", "");
    run.until([&] { return engine::processes_below(run.directory) == 0; }, "the agent's end");
    run.start_worker();
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || ' ' || exit_code") == "exit_code 3");
    CHECK(run.output(task) == "one\nthree");
    CHECK(run.file("starts") == "x\n");
}

TEST_CASE("a question goes on, and is answered once", "[integration][engine][adopt]") {
    EngineRun run;
    const auto how = GENERATE(Leave::by_crash, Leave::by_stop);
    const bool answered_meanwhile = GENERATE(true, false);
    run.agent("asker", "jsonl", asker);
    auto worker = run.start_worker({.slots = 1});
    const auto task = run.enqueue("asker");
    run.until_status(task, "waiting_for_input");
    run.leave(worker, how);
    if (answered_meanwhile) CHECK(run.answer(task, "main") == "");
    worker = run.start_worker({.slots = 1});
    if (!answered_meanwhile) CHECK(run.answer(task, "main") == "");
    run.until_value("select count(*) from agentcron.questions where delivered_at is not null", "1");
    // The answer is told again to a driver, and not to the agent.
    run.leave(worker, how);
    run.start_worker({.slots = 1});
    run.write("go", "");
    run.until_status(task, "succeeded");
    const auto heard = run.file("heard");
    CHECK(heard.find("\"answer\":\"main\"") != std::string::npos);
    CHECK(std::count(heard.begin(), heard.end(), '\n') == 2);
    CHECK(run.file("starts") == "x\n");
    CHECK(runs_of(run, task) == "1/1 succeeded");
    CHECK(run.task(task, "cost_usd::float8 || ' ' || session_id") == "0.5 s1");
    CHECK(run.database.value("select count(*) || '/' || min(outcome) from agentcron.questions") ==
          "1/answered");
}

TEST_CASE("what was answered and not yet fed when the worker died is fed by the next",
          "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("asker", "jsonl", asker);
    const auto worker = run.start_worker();
    const auto task = run.enqueue("asker");
    run.until_status(task, "waiting_for_input");
    const auto directory = only_run(run);
    // As the crash of a worker leaves it between the journal and the shim's socket.
    run.crash_worker(worker);
    CHECK(run.answer(task, "main") == "");
    const auto question = run.database.value("select id from agentcron.questions");
    std::ofstream(directory / "journal", std::ios::app)
        << R"({"do":"answer","at":)" << fs::file_size(directory / "spool") << R"(,"boot_ms":1,)"
        << R"("name":"q","number":)" << question << R"(,"text":"main"})"
        << "\n"
        << R"({"do":"active","at":)";
    run.start_worker();
    run.write("go", "");
    run.until_status(task, "succeeded");
    const auto heard = run.file("heard");
    CHECK(heard.find("\"answer\":\"main\"") != std::string::npos);
    CHECK(std::count(heard.begin(), heard.end(), '\n') == 2);
    CHECK(runs_of(run, task) == "1/1 succeeded");
}

TEST_CASE("the time that an attempt may take goes on", "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("patient", "command", patient);
    const auto worker = run.start_worker();
    const auto task = run.enqueue("patient", "", R"({"timeout":1800})");
    until_file(run, "here");
    const auto path = only_run(run) / "attempt.json";
    run.crash_worker(worker);
    // It began an hour ago.
    auto record = boost::json::parse(text_of(path)).as_object();
    auto& begun = record.at("begun_ms");
    begun = begun.to_number<std::int64_t>() - 3'600'000;
    std::ofstream(path, std::ios::binary) << boost::json::serialize(record);
    run.start_worker();
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "timeout");
    CHECK(engine::processes_below(run.directory) == 0);
}

TEST_CASE("silence is counted on where no worker heard it", "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("patient", "command", patient);
    const auto worker = run.start_worker();
    const auto task = run.enqueue("patient", "", R"({"stall_timeout":2})");
    until_file(run, "here");
    run.crash_worker(worker);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(4);
    run.until([&] { return std::chrono::steady_clock::now() > until; }, "four seconds");
    run.start_worker();
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "stalled");
    // Not for the two seconds that the next one heard nothing.
    CHECK_THAT(run.task(task, "message"), !Catch::Contains("nothing for 2s"));
}

TEST_CASE("an agent whose env_file is gone meanwhile goes on", "[integration][engine][adopt]") {
    EngineRun run;
    run.write("secrets", "KEY=1\n");
    run.agent("patient", "command", patient,
              fmt::format(R"({{"env_file":"{}"}})", (run.directory / "secrets").string()));
    const auto worker = run.start_worker();
    const auto task = run.enqueue("patient");
    until_file(run, "here");
    run.crash_worker(worker);
    fs::remove(run.directory / "secrets");
    run.start_worker();
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(runs_of(run, task) == "1/1 succeeded");
    CHECK(run.file("starts") == "x\n");
}

TEST_CASE("an agent that was taken over can be cancelled", "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("patient", "command", patient);
    const auto worker = run.start_worker();
    const auto task = run.enqueue("patient");
    until_file(run, "here");
    run.crash_worker(worker);
    const bool asked_before = GENERATE(true, false);
    const auto cancel = [&] {
        CHECK(run.database.value(fmt::format("select agentcron.cancel({})", task)) == "cancelling");
    };
    if (asked_before) cancel();
    run.start_worker();
    if (!asked_before) cancel();
    run.until_status(task, "cancelled");
    CHECK(engine::processes_below(run.directory) == 0);
    CHECK(runs_of(run, task) == "1/1 cancelled");
}

TEST_CASE("an agent whose lease was lost meanwhile is ended and writes nothing more",
          "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("patient", "command", patient);
    const auto first = run.start_worker();
    const auto first_id = run.worker_id(first);
    const auto task = run.enqueue("patient", "", R"({"retry":{"attempts":2,"backoff":0}})");
    until_file(run, "here");
    run.until([&] { return run.output(task) == "one\n"; }, "its first output");
    run.crash_worker(first);
    // Out of the next worker's sight, as on a machine that is away.
    fs::rename(run.directory / "runs" / first_id, run.directory / first_id);
    run.database.execute("update agentcron.leases set lease_until = '-infinity'");
    const auto second = run.start_worker();
    run.until([&] { return run.file("starts") == "x\nx\n"; }, "the second attempt");
    run.crash_worker(second);
    fs::rename(run.directory / first_id, run.directory / "runs" / first_id);
    run.start_worker();
    run.until(
        [&] {
            return !fs::exists(run.directory / "runs" / first_id / "lock") ||
                   fs::is_empty(run.directory / "runs" / first_id) ||
                   engine::processes_below(run.directory / "runs" / first_id) == 0;
        },
        "the end of the first agent");
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(runs_of(run, task) == "2/2 lost,succeeded");
    CHECK(run.database.value("select count(*) from agentcron.output where run_no = 1 and "
                             "convert_from(body, 'UTF8') like '%three%'") == "0");
    CHECK(run.file("starts") == "x\nx\n");
}

TEST_CASE("an agent whose shim was killed while no worker ran is ended, and its task tried again",
          "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("patient", "command", patient);
    const auto worker = run.start_worker();
    const auto task = run.enqueue("patient", "", R"({"retry":{"attempts":2,"backoff":0}})");
    until_file(run, "here");
    const auto meta = text_of(only_run(run) / "meta");
    const auto at = meta.find("shim_pid ");
    REQUIRE(at != std::string::npos);
    run.crash_worker(worker);
    REQUIRE(::kill(std::stoi(meta.substr(at + 9)), SIGKILL) == 0);
    run.start_worker();
    run.until([&] { return run.file("starts") == "x\nx\n"; }, "the second attempt");
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(runs_of(run, task) == "2/2 failed,succeeded");
    CHECK(run.database.value("select reason from agentcron.attempts where run_no = 1") == "lost");
    // What it wrote before is kept.
    CHECK(run.output(task) == "one\none\nthree");
    CHECK(engine::processes_below(run.directory) == 0);
}

TEST_CASE("much output that no worker has read is stored by the next",
          "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("noisy", "command", R"(echo begin; touch here
until [ -e go ]; do sleep 0.02; done; seq 1 400000; touch wrote; until [ -e end ]; do sleep 0.02
done; echo end)");
    auto worker = run.start_worker();
    const auto task = run.enqueue("noisy");
    until_file(run, "here");
    run.crash_worker(worker);
    run.write("go", "");
    until_file(run, "wrote");
    worker = run.start_worker();
    // In the midst of it, or not.
    run.until([&] { return run.output(task).size() > 300'000; }, "some of its output");
    run.crash_worker(worker);
    run.start_worker();
    run.write("end", "");
    run.until_status(task, "succeeded");
    std::string expected = "begin\n";
    for (int i = 1; i <= 400'000; ++i) expected += std::to_string(i) + "\n";
    CHECK(run.output(task) == expected + "end\n");
}

TEST_CASE("a check goes on with the next worker", "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("quick", "command", "echo x >> starts; echo out");
    run.write("check.sh", "echo c >> checks; until [ -e go ]; do sleep 0.02; done; echo checked\n");
    const auto worker = run.start_worker();
    const auto task = run.enqueue(
        "quick", "",
        fmt::format(R"({{"success":{{"check":["sh","{}/check.sh"]}}}})", run.directory.string()));
    run.until([&] { return run.file("checks") == "c\n"; }, "the check");
    run.crash_worker(worker);
    run.start_worker();
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(run.file("checks") == "c\n");
    CHECK(run.file("starts") == "x\n");
    CHECK(run.output(task).find("checked\n") != std::string::npos);
    CHECK(engine::processes_below(run.directory) == 0);
}

TEST_CASE("a process that was started ahead of its task goes on too",
          "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("warm", "jsonl", R"(echo "up $$" >> told
read -r task; echo "task $$" >> told; touch here; until [ -e go ]; do sleep 0.02; done
echo "{\"type\":\"result\",\"result\":$$}"; cat >> rest)",
              R"({"prewarm":3600})");
    run.start_scheduler();
    const auto worker = run.start_worker();
    engine::add_schedule(run, "nightly", "warm");
    run.until([&] { return run.file("told").starts_with("up "); }, "the process");
    const auto task = engine::fire(run, "nightly");
    until_file(run, "here");
    run.leave(worker, GENERATE(Leave::by_crash, Leave::by_stop));
    run.start_worker();
    run.write("go", "");
    run.until_status(task, "succeeded");
    const auto pid = run.task(task, "result");
    CHECK(run.file("told").find("task " + pid + "\n") != std::string::npos);
    CHECK(run.file("rest").empty());
    CHECK(runs_of(run, task) == "1/1 succeeded");
}

TEST_CASE("a worker that drains claims nothing and waits for what runs",
          "[integration][engine][adopt]") {
    EngineRun run;
    run.agent("patient", "command", patient);
    run.agent("asker", "jsonl", asker);
    const auto worker = run.start_worker();
    const auto task = run.enqueue("patient");
    const auto asks = run.enqueue("asker");
    until_file(run, "here");
    run.until_status(asks, "waiting_for_input");
    std::int64_t late = 0;
    run.stop_worker_after(
        worker,
        [&] {
            if (late == 0) late = run.enqueue("patient");
            run.write("go", "");
        },
        Stop::drain);
    CHECK(run.task(task, "status") == "succeeded");
    CHECK(run.task(late, "status") == "queued");
    // Who waits for a person is parked.
    CHECK(run.database.value("select parked from agentcron.inbox") == "t");
    CHECK(engine::processes_below(run.directory) == 0);
}
