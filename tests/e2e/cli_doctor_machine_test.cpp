// What `agentcron doctor` finds on the machine it runs on, and what it mends there.
#include "e2e/doctor_patient.hpp"

#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

using agentcron::e2e::Patient;
namespace fs = std::filesystem;
namespace support = agentcron::support;

namespace {

// A worker's directory with one run of a task in it, as a crash leaves them; an hour old.
fs::path leave_run(const Patient& cli, const std::string& worker, const std::string& run,
                   const std::string& spool) {
    const auto below = "state/runs/" + worker + "/";
    cli.directory.write(below + "lock", "");
    cli.directory.write(below + run + "/spool", spool);
    fs::permissions(cli.state() / "runs", fs::perms::owner_all);
    const auto path = cli.state() / "runs" / worker;
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(1));
    return path / run;
}

std::string add_attempt(Patient& cli, const std::string& status, int spool_offset) {
    const auto id = cli.add_task(status, ", run_no, attempt", ", 1, 1");
    cli.database.execute(
        "insert into agentcron.attempts (task_id, run_no, attempt, token, worker_id, "
        "spool_offset) values (" +
        id + ", 1, 1, gen_random_uuid(), gen_random_uuid(), " + std::to_string(spool_offset) + ")");
    return id;
}

} // namespace

TEST_CASE("run directories that others can read are closed", "[e2e][cli][doctor]") {
    Patient cli;
    cli.seem_alive();
    const auto runs = cli.state() / "runs";
    fs::create_directories(runs);
    fs::permissions(runs, fs::perms(0755));
    CHECK(cli.doctor().has("/runs has the mode 0755"));
    CHECK(cli.doctor({"--fix"}).has("fixed state: "));
    CHECK(fs::status(runs).permissions() == fs::perms::owner_all);
    fs::permissions(cli.state(), fs::perms(0777));
    CHECK(cli.doctor({"--fix"}).has("failed state: others may write in "));
}

TEST_CASE("only run directories that nobody needs are removed", "[e2e][cli][doctor]") {
    Patient cli;
    cli.seem_alive();
    const std::string spool(100, 's');
    const auto ended = leave_run(cli, "w1", add_attempt(cli, "succeeded", 100) + ".1.t", spool);
    const auto unstored = leave_run(cli, "w2", add_attempt(cli, "succeeded", 50) + ".1.t", spool);
    const auto unfinished =
        leave_run(cli, "w3", add_attempt(cli, "waiting_for_input", 100) + ".1.t", spool);
    const auto unknown = leave_run(cli, "w4", "99999.1.t", spool);
    const auto ahead = leave_run(cli, "w5", "ahead.1", spool);
    // A worker that lives, and one that is about to lock its directory.
    const auto locked = leave_run(cli, "w6", add_attempt(cli, "succeeded", 100) + ".1.t", spool);
    const int lock = ::open((locked.parent_path() / "lock").c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(::flock(lock, LOCK_EX) == 0);
    const auto young = leave_run(cli, "w7", add_attempt(cli, "succeeded", 100) + ".1.t", spool);
    fs::last_write_time(young.parent_path(), fs::file_time_type::clock::now());

    const auto before = cli.doctor();
    CHECK(before.has("warning runs: 2 run directories that nobody needs any more\n"));
    CHECK(before.has("warning runs: 3 run directories of dead workers, with output that is not"));
    CHECK(fs::exists(ended));
    const auto after = cli.doctor({"--fix"});
    CHECK(after.has("fixed runs: removed 2 directories of ended runs\n"));
    CHECK(after.has("warning runs: 3 run directories of dead workers"));
    CHECK_FALSE(fs::exists(ended.parent_path()));
    CHECK_FALSE(fs::exists(ahead.parent_path()));
    for (const auto& kept : {unstored, unfinished, unknown, locked, young}) {
        INFO(kept);
        CHECK(fs::exists(kept / "spool"));
    }
    ::close(lock);
}

TEST_CASE("an agent that outlives its worker is told of and left alone", "[e2e][cli][doctor]") {
    Patient cli;
    const auto stay = cli.directory.write("stay", "");
    const auto config =
        cli.directory.write("agents.yaml", "agents:\n  sh: {driver: command, command: [sh, -s]}\n");
    auto daemon = std::make_unique<support::Program>(
        std::vector<std::string>{support::agentcron_binary(), "up", "--config", config},
        cli.options());
    REQUIRE(daemon->wait_for_output("ready "));
    cli.out({"trigger", "--agent", "sh", "--prompt", "-"},
            "echo here; while [ -e " + stay.string() + " ]; do sleep 0.05; done");
    REQUIRE(cli.database.wait_for_value("select count(*) from agentcron.output where stream = "
                                        "'out'",
                                        "1") == "1");
    daemon->signal(SIGKILL);
    daemon.reset();
    for (const auto& worker : fs::directory_iterator(cli.state() / "runs"))
        fs::last_write_time(worker, fs::file_time_type::clock::now() - std::chrono::hours(1));
    cli.database.execute("update agentcron.tasks set status = 'failed', reason = 'lost', "
                         "finished_at = now()");
    cli.database.execute("delete from agentcron.leases");

    const auto diagnosis = cli.doctor({"--fix"});
    CHECK(diagnosis.exit_code == 1);
    const std::string found = "failed runs: an agent of task 1 goes on without its worker (pid ";
    REQUIRE(diagnosis.has(found));
    const int pid = std::stoi(diagnosis.text.substr(diagnosis.text.find(found) + found.size()));
    CHECK(::kill(pid, 0) == 0);
    CHECK(fs::exists("/proc/" + std::to_string(pid) + "/exe"));
    fs::remove(stay); // the agent ends, and its shim with it
}
