#include "process/run_fixture.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace agentcron::process {
namespace {

LaunchSpec echoing(const RunFixture& run) {
    LaunchSpec spec = run.shell("while read line; do echo \"got $line\"; done; exit 9");
    spec.stdin_bytes = "one\n";
    spec.stdin_stays_open = true;
    return spec;
}

std::uint64_t end_of(const Frame& frame) {
    return frame.offset + frame.bytes.size();
}

} // namespace

TEST_CASE("a living shim is adopted and read from where the last daemon stopped", "[process]") {
    RunFixture run;
    run.launch(echoing(run));
    run.until_output("got one\n");
    const pid_t shim = run.process->shim_pid();
    const std::uint64_t read_from = end_of(run.frames.back());
    run.drop();
    run.frames.clear();

    run.adopt(read_from);
    CHECK(run.process->shim_pid() == shim);
    run.process->feed("two\n");
    run.until_output("got two\n");
    run.process->close_stdin();
    CHECK(run.finish().exit_code == 9);
    CHECK(run.text(Stream::out) == "got two\n");
}

TEST_CASE("what an agent wrote while no daemon lived is read after the adoption", "[process]") {
    RunFixture run;
    const auto gate = run.root / "gate";
    REQUIRE(::mkfifo(gate.c_str(), 0600) == 0);
    const base::UniqueFd gate_fd(::open(gate.c_str(), O_RDWR | O_CLOEXEC));
    run.launch(run.shell("echo first; read go <gate; echo second"));
    run.until_output("first");
    const auto meta = RunDirectory::open(run.run_directory)->read_meta();
    run.drop();
    REQUIRE(::write(gate_fd.get(), "\n", 1) == 1);
    CHECK(await_death(static_cast<pid_t>(meta->shim_pid)));
    run.frames.clear();
    run.adopt(0);
    CHECK(run.finish().exit_code == 0);
    CHECK(run.text(Stream::out) == "first\nsecond\n");
}

TEST_CASE("a shim that has not written its meta file is asked who it is", "[process]") {
    RunFixture run;
    run.launch(echoing(run));
    run.until_output("got one\n");
    const pid_t shim = run.process->shim_pid();
    run.drop();
    REQUIRE(std::filesystem::remove(run.run_directory / "meta"));
    run.adopt(0);
    CHECK(run.process->shim_pid() == shim);
    run.process->kill();
    CHECK(run.finish().terminated);
}

TEST_CASE("a finished run is adopted with its record and all its output", "[process]") {
    RunFixture run;
    run.launch(run.shell("echo out; exit 4"));
    const ExitRecord first = run.finish();
    run.drop();
    run.frames.clear();
    run.exited.reset();
    run.adopt(0);
    CHECK(run.finish().exit_code == 4);
    CHECK(run.exited->ended_at == first.ended_at);
    CHECK(run.text(Stream::out) == "out\n");
}

TEST_CASE("a shim that is killed leaves nothing behind and is lost", "[process]") {
    RunFixture run;
    // One in the agent's group, one in a session of its own, one that has cleared its environment.
    run.launch(run.shell("sleep 1000 & setsid sleep 1000 & env -i sleep 1000 & "
                         "echo $!; exec sleep 1000"));
    run.until_output("\n");
    const pid_t cleared = std::stoi(run.text(Stream::out));
    REQUIRE(::kill(run.process->shim_pid(), SIGKILL) == 0);
    CHECK(run.finish().stage == "lost");
    CHECK_FALSE(run.exited->exit_code);
    CHECK_FALSE(is_alive(cleared));
    CHECK(processes_of(run.run_directory).empty());
}

TEST_CASE("a shim that was killed while no daemon lived is found lost", "[process]") {
    RunFixture run;
    run.launch(echoing(run));
    run.until_output("got one\n");
    const pid_t shim = run.process->shim_pid();
    run.drop();
    REQUIRE(::kill(shim, SIGKILL) == 0);
    REQUIRE(await_death(shim));
    run.adopt(0);
    CHECK(run.finish().stage == "lost");
    CHECK(processes_of(run.run_directory).empty());
}

TEST_CASE("a directory that is no run cannot be adopted", "[process]") {
    RunFixture run;
    const auto missing = AgentProcess::adopt(run.loop, run.root / "none", 0, {});
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().stage == "adopt");
    CHECK(missing.error().error == ENOENT);
    CHECK_FALSE(AgentProcess::adopt(run.loop, run.root, 0, {}).has_value());
}

} // namespace agentcron::process
