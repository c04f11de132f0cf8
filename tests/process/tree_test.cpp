#include "process/run_fixture.hpp"

#include "base/unique_fd.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace agentcron::process {
namespace {

constexpr base::Millis long_grace{60'000};

// The pid that the agent prints as its first line.
pid_t printed_pid(RunFixture& run) {
    run.until_output("\n");
    return std::stoi(run.text(Stream::out));
}

// Shared by everything that a script starts behind `joining`: whether any of that still lives.
class Lifeline {
public:
    explicit Lifeline(const RunFixture& run) {
        const auto path = run.root / "lifeline";
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        reader_.reset(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    }
    static std::string joining(const std::string& script) { return "exec 9>lifeline; " + script; }
    bool is_held() const {
        char byte = 0;
        return ::read(reader_.get(), &byte, 1) < 0 && errno == EAGAIN;
    }

private:
    base::UniqueFd reader_;
};

} // namespace

TEST_CASE("terminate ends a polite agent by SIGTERM, long before the grace is over", "[process]") {
    RunFixture run;
    run.launch(run.shell("echo ready; exec sleep 1000"));
    run.until_output("ready");
    run.process->terminate(long_grace);
    CHECK(run.finish().signal == SIGTERM);
    CHECK(run.exited->terminated);
}

TEST_CASE("an agent may clean up when it is terminated and choose its exit code", "[process]") {
    RunFixture run;
    run.launch(
        run.shell("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 1000 & wait; done"));
    run.until_output("ready");
    run.process->terminate(long_grace);
    CHECK(run.finish().exit_code == 3);
    CHECK(run.text(Stream::out) == "ready\nbye\n");
}

TEST_CASE("an agent that is deaf to SIGTERM is killed after the grace", "[process]") {
    RunFixture run;
    run.launch(run.shell("trap '' TERM; echo ready; sleep 1000; sleep 1000"));
    run.until_output("ready");
    run.process->terminate(base::Millis(50));
    CHECK(run.finish().signal == SIGKILL);
    CHECK(run.exited->terminated);
    CHECK(processes_of(run.run_directory).empty());
}

TEST_CASE("terminate right after the launch is not lost", "[process]") {
    RunFixture run;
    run.launch(run.shell("exec sleep 1000"));
    run.process->terminate(long_grace);
    CHECK(run.finish().terminated);
}

TEST_CASE("a stopped agent can be terminated", "[process]") {
    RunFixture run;
    run.launch(run.shell("echo ready; kill -STOP $$; exec sleep 1000"));
    run.until_output("ready");
    run.process->terminate(long_grace);
    CHECK(run.finish().signal == SIGTERM);
}

TEST_CASE("kill ends the whole tree at once", "[process]") {
    RunFixture run;
    run.launch(run.shell("trap '' TERM; sleep 1000 & setsid sleep 1000 & echo ready; sleep 1000"));
    run.until_output("ready");
    run.process->kill();
    CHECK(run.finish().signal == SIGKILL);
    CHECK(run.exited->terminated);
    CHECK(processes_of(run.run_directory).empty());
}

TEST_CASE("SIGTERM to the shim ends its agent politely", "[process]") {
    RunFixture run;
    run.launch(run.shell("trap 'exit 4' TERM; echo ready; while :; do sleep 1000 & wait; done"));
    run.until_output("ready");
    REQUIRE(::kill(run.process->shim_pid(), SIGTERM) == 0);
    CHECK(run.finish().exit_code == 4);
    CHECK(run.exited->terminated);
}

TEST_CASE("a grandchild that holds stdout does not hold up the end", "[process]") {
    RunFixture run;
    run.launch(run.shell("sleep 1000 & echo done"));
    CHECK(run.finish().exit_code == 0);
    CHECK(run.text(Stream::out) == "done\n");
    CHECK(processes_of(run.run_directory).empty());
}

TEST_CASE("a stranger that holds stdout does not hold up the end", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.shell("echo $$; exec cat");
    spec.stdin_stays_open = true;
    run.launch(spec);
    const pid_t agent = printed_pid(run);
    const std::string path = "/proc/" + std::to_string(agent) + "/fd/1";
    const base::UniqueFd stranger(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(stranger.get() >= 0);
    run.process->close_stdin();
    CHECK(run.finish().exit_code == 0);
}

TEST_CASE("a daemon by double fork in its own session is killed at the end", "[process]") {
    RunFixture run;
    const Lifeline lifeline(run);
    LaunchSpec spec = run.shell(Lifeline::joining(
        "setsid sh -c '(trap \"\" TERM HUP PIPE; setsid sh -c \"echo up; sleep 1000; true\") &'; "
        "read line; exit 6"));
    spec.stdin_stays_open = true;
    run.launch(spec);
    run.until_output("up");
    CHECK(lifeline.is_held());
    run.process->close_stdin();
    CHECK(run.finish().exit_code == 6);
    CHECK(run.exited->survivors == 0);
    CHECK_FALSE(lifeline.is_held());
}

TEST_CASE("a process that forks away for ever is caught", "[process]") {
    RunFixture run;
    const Lifeline lifeline(run);
    const auto script = run.root / "comet";
    std::ofstream(script) << "trap '' TERM HUP PIPE\necho flying\nsetsid sh \"$0\" &\nexit 0\n";
    LaunchSpec spec = run.shell(Lifeline::joining("sh ./comet; read line; exit 6"));
    spec.stdin_stays_open = true;
    run.launch(spec);
    run.until([&] { return run.bytes_read >= 20 * std::string("flying\n").size(); });
    CHECK(lifeline.is_held());
    run.process->close_stdin();
    CHECK(run.finish().exit_code == 6);
    CHECK(run.exited->survivors == 0);
    CHECK_FALSE(lifeline.is_held());
}

TEST_CASE("the deadline ends an agent without any daemon's help", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.shell("trap '' TERM; echo ready; sleep 1000");
    spec.deadline = base::Seconds(1);
    spec.grace = base::Millis(50);
    run.launch(spec);
    run.until_output("ready");
    run.drop();
    const auto meta = RunDirectory::open(run.run_directory)->read_meta();
    REQUIRE(meta.has_value());
    CHECK(await_death(static_cast<pid_t>(meta->shim_pid)));
    run.adopt(0);
    CHECK(run.finish().deadline_hit);
    CHECK_FALSE(run.exited->terminated);
    CHECK(run.exited->signal == SIGKILL);
}

TEST_CASE("a lease that is not renewed ends an agent without any daemon's help", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.shell("trap '' TERM; echo ready; sleep 1000");
    spec.grace = base::Millis(50);
    run.launch(spec);
    run.until_output("ready");
    const pid_t shim = run.process->shim_pid();
    run.process->set_lease(base::Millis(50), base::Millis(50));
    run.drop();
    CHECK(await_death(shim));
    run.adopt(0);
    CHECK(run.finish().lease_over);
    CHECK_FALSE(run.exited->deadline_hit);
    CHECK_FALSE(run.exited->terminated);
    CHECK(run.exited->signal == SIGKILL);
    CHECK(processes_of(run.run_directory).empty());
}

TEST_CASE("a lease that is renewed, or given up, ends nothing", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.shell("echo ready; read line; exit 6");
    spec.stdin_stays_open = true;
    run.launch(spec);
    run.until_output("ready");
    const base::Millis renewed = GENERATE(base::Millis(600'000), base::Millis(0));
    // The shim hears both before it next looks at its clock.
    REQUIRE(::kill(run.process->shim_pid(), SIGSTOP) == 0);
    run.process->set_lease(base::Millis(1), base::Millis(0));
    run.process->set_lease(renewed, base::Millis(0));
    REQUIRE(::kill(run.process->shim_pid(), SIGCONT) == 0);
    run.process->close_stdin();
    CHECK(run.finish().exit_code == 6);
    CHECK_FALSE(run.exited->lease_over);
}

} // namespace agentcron::process
