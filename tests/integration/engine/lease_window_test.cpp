// A worker that cannot renew its leases: what becomes of its agents, and what of their tasks.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::engine {
namespace {

using Blocker = support::TestDatabase::Blocker;

const char* until_go = "echo x >> starts; while [ ! -e go ]; do sleep 0.05; done; echo done";

// No heartbeat of this worker gets through, as if only its renewals were cut off.
std::unique_ptr<Blocker> cut_off(EngineRun& run, std::size_t worker) {
    return std::make_unique<Blocker>(
        run.database, fmt::format("select from agentcron.workers where id = '{}' for update",
                                  run.worker_id(worker)));
}

// So its worker knows of whoever was there before.
void until_renewed(EngineRun& run) {
    const auto until = run.database.value("select max(lease_until) from agentcron.leases");
    run.until_value("select lease_until > '" + until +
                        "'::timestamptz + interval '1 second' from agentcron.leases",
                    "t");
}

} // namespace

TEST_CASE("a worker that cannot renew ends its agent where another could take its task over",
          "[integration][engine]") {
    EngineRun run;
    // It would have to be killed, and the lease is still good when it is.
    run.agent("deaf", "command", fmt::format("trap '' TERM; {}", until_go), R"({"grace":1})");
    const auto first = run.start_worker({.lease_ttl = base::Seconds(3)});
    const auto task = run.enqueue("deaf", "", R"({"retry":{"attempts":2,"backoff":0}})");
    run.until([&] { return run.file("starts") == "x\n"; }, "the start");
    const auto rival = run.start_worker({.slots = 0, .lease_ttl = base::Seconds(3)});
    run.until_value("select count(*) from agentcron.workers", "2");
    until_renewed(run);
    const auto cut = cut_off(run, first);
    run.until([&] { return processes_below(run.directory) == 0; }, "the agent's end");
    // Only its renewals are cut off: its lease is still good, and it says itself what has become of
    // the attempt. It runs the next one too, for the rival has no slot.
    run.until_value("select outcome || '/' || reason from agentcron.attempts where run_no = 1",
                    "failed/lost");
    CHECK_THAT(run.database.value("select message from agentcron.attempts where run_no = 1"),
               Catch::Contains("lease could not be renewed"));
    cut->release();
    run.until([&] { return run.file("starts") == "x\nx\n"; }, "the next attempt");
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "run_no") == "2");
    CHECK(run.output(task) == "done\n");
    run.stop_worker(rival);
}

TEST_CASE("a worker that is alone lets its agents run on, however long it cannot renew",
          "[integration][engine]") {
    EngineRun run;
    run.agent("wait", "command", until_go);
    const auto worker = run.start_worker({.lease_ttl = base::Seconds(1)});
    const auto task = run.enqueue("wait");
    run.until([&] { return run.file("starts") == "x\n"; }, "the start");
    // It knows that it is alone.
    run.until_value("select lease_until > started_at + interval '2 seconds' from agentcron.leases "
                    "join agentcron.attempts using (task_id)",
                    "t");
    const auto cut = cut_off(run, worker);
    run.until_value("select lease_until < clock_timestamp() - interval '1 second' from "
                    "agentcron.leases",
                    "t");
    CHECK(processes_below(run.directory) > 0);
    cut->release();
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "run_no") == "1");
    CHECK(run.output(task) == "done\n");
    CHECK(run.file("starts") == "x\n");
}

TEST_CASE("a worker hears at once that it is alone no longer", "[integration][engine]") {
    EngineRun run;
    run.agent("wait", "command", until_go);
    run.start_worker({.lease_ttl = base::Seconds(3600)}); // renews each 20 minutes
    run.enqueue("wait");
    run.until([&] { return run.file("starts") == "x\n"; }, "the start");
    const auto until = run.database.value("select lease_until from agentcron.leases");
    run.start_worker({.lease_ttl = base::Seconds(3600), .host = "elsewhere"});
    run.until_value("select lease_until > '" + until + "' from agentcron.leases", "t");
}

TEST_CASE("a worker that comes at the end of an outage lets the others come back first",
          "[integration][engine]") {
    EngineRun run;
    run.agent("wait", "command", until_go);
    const auto first = run.start_worker({.lease_ttl = base::Seconds(3)});
    const auto task = run.enqueue("wait", "", R"({"retry":{"attempts":2,"backoff":0}})");
    run.until([&] { return run.file("starts") == "x\n"; }, "the start");
    const auto cut = cut_off(run, first);
    run.until_value("select lease_until < clock_timestamp() from agentcron.leases", "t");
    const auto second = run.start_worker({.lease_ttl = base::Seconds(3), .host = "elsewhere"});
    // It has looked for such leases by then.
    run.until_value("select heartbeat_at > started_at + interval '0.8 seconds' from "
                    "agentcron.workers where id = '" +
                        run.worker_id(second) + "'",
                    "t");
    cut->release();
    until_renewed(run);
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "run_no") == "1");
    CHECK(run.file("starts") == "x\n");
}

TEST_CASE("while the database is down for everybody no agent is ended, whoever else is there",
          "[integration][engine]") {
    EngineRun run;
    run.agent("wait", "command", until_go);
    run.start_worker({.lease_ttl = base::Seconds(3)});
    const auto task = run.enqueue("wait", "", R"({"retry":{"attempts":2,"backoff":0}})");
    run.until([&] { return run.file("starts") == "x\n"; }, "the start");
    run.start_worker({.lease_ttl = base::Seconds(3), .host = "elsewhere"});
    run.until_value("select count(*) from agentcron.workers", "2");
    until_renewed(run);
    run.database.cut_off();
    const auto long_over = std::chrono::steady_clock::now() + std::chrono::seconds(9);
    run.until([&] { return std::chrono::steady_clock::now() > long_over; }, "three leases");
    run.database.let_in();
    until_renewed(run);
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "run_no") == "1");
    CHECK(run.file("starts") == "x\n");
    CHECK(run.output(task) == "done\n");
}

TEST_CASE("an agent that ends well while the database is down still has its check after that",
          "[integration][engine]") {
    EngineRun run;
    run.agent("wait", "command", until_go);
    run.start_worker({.lease_ttl = base::Seconds(3)});
    const auto task =
        run.enqueue("wait", "", R"({"success":{"check":["sh","-c","echo y >> checked"]}})");
    run.until([&] { return run.file("starts") == "x\n"; }, "the start");
    run.start_worker({.lease_ttl = base::Seconds(3), .host = "elsewhere"});
    run.until_value("select count(*) from agentcron.workers", "2");
    until_renewed(run);
    run.database.cut_off();
    run.write("go", "");
    run.until([&] { return processes_below(run.directory) == 0; }, "the agent's end");
    const auto long_over = std::chrono::steady_clock::now() + std::chrono::seconds(6);
    run.until([&] { return std::chrono::steady_clock::now() > long_over; }, "two leases");
    run.database.let_in();
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "run_no") == "1");
    CHECK(run.file("checked") == "y\n");
}

TEST_CASE("a worker that died does not leave its agent running beside its successor elsewhere",
          "[integration][engine]") {
    EngineRun run;
    run.agent("wait", "command", until_go);
    const auto first = run.start_worker({.lease_ttl = base::Seconds(3)});
    run.start_worker({.slots = 0, .lease_ttl = base::Seconds(3), .host = "elsewhere"});
    run.until_value("select count(*) from agentcron.workers", "2");
    const auto task = run.enqueue("wait");
    run.until([&] { return run.file("starts") == "x\n"; }, "the start");
    until_renewed(run);
    run.crash_worker(first);
    // Only its shim can end it.
    run.until([&] { return processes_below(run.directory) == 0; }, "the agent's end");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "lost");
    CHECK(run.output(task) == "");
}

} // namespace agentcron::engine
