#include "process/run_fixture.hpp"

#include <cerrno>
#include <csignal>

namespace agentcron::process {

TEST_CASE("an agent's output and exit code come back", "[process]") {
    RunFixture run;
    run.launch(run.shell("echo hello; echo oops >&2; echo '{\"a\":1}' >&3; exit 7"));
    const ExitRecord& record = run.finish();
    CHECK(record.stage == "ran");
    CHECK(record.exit_code == 7);
    CHECK_FALSE(record.signal);
    CHECK_FALSE(record.terminated);
    CHECK(run.text(Stream::out) == "hello\n");
    CHECK(run.text(Stream::err) == "oops\n");
    CHECK(run.text(Stream::event) == "{\"a\":1}\n");
    CHECK(record.spool_bytes == std::filesystem::file_size(run.run_directory / "spool"));
    CHECK(record.started_at.time_since_epoch().count() > 0);
    CHECK(record.started_at <= run.frames.front().at);
    CHECK(run.frames.back().at <= record.ended_at);
    CHECK(record.max_rss_kib > 0);
}

TEST_CASE("an agent that dies of a signal has that signal in its record", "[process]") {
    RunFixture run;
    run.launch(run.shell("kill -SEGV $$"));
    CHECK(run.finish().signal == SIGSEGV);
    CHECK_FALSE(run.exited->exit_code);
    CHECK_FALSE(run.exited->terminated);
}

TEST_CASE("a program that does not exist fails at stage exec with its errno", "[process]") {
    RunFixture run;
    run.launch(run.spec({"no-such-program-anywhere"}));
    CHECK(run.finish().stage == "exec");
    CHECK(run.exited->error == ENOENT);
    CHECK_FALSE(run.exited->exit_code);
}

TEST_CASE("a file that may not be executed fails at stage exec with EACCES", "[process]") {
    RunFixture run;
    run.launch(run.spec({"/etc/passwd"}));
    CHECK(run.finish().stage == "exec");
    CHECK(run.exited->error == EACCES);
}

TEST_CASE("a working directory that does not exist fails at stage chdir", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.shell("true");
    spec.working_directory = "/no/such/directory";
    run.launch(spec);
    CHECK(run.finish().stage == "chdir");
    CHECK(run.exited->error == ENOENT);
}

TEST_CASE("the program is searched in the PATH of the agent's own environment", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.spec({"env"});
    run.launch(spec);
    CHECK(run.finish().exit_code == 0);
    const std::string env = run.text(Stream::out);
    CHECK(env.find("PATH=/usr/local/bin:/usr/bin:/bin\n") == 0);
    CHECK(env.find("AGENTCRON_EVENTS_FD=3\n") != std::string::npos);
    CHECK(env.find("AGENTCRON_SOCKET=" + (run.run_directory / "sock").string() + "\n") !=
          std::string::npos);
    CHECK(env.find("AGENTCRON_ASK_TOKEN=") != std::string::npos);
    CHECK(env.find("HOME=") == std::string::npos);
}

TEST_CASE("an agent gets descriptors 0 to 3 and no other", "[process]") {
    RunFixture run;
    run.launch(run.shell("ls /proc/$$/fd"));
    run.finish();
    CHECK(run.text(Stream::out) == "0\n1\n2\n3\n");
}

TEST_CASE("an agent starts with every signal unblocked and at its default", "[process]") {
    RunFixture run;
    run.launch(run.spec({"cat", "/proc/self/status"}));
    run.finish();
    const std::string status = run.text(Stream::out);
    for (const char* signals : {"SigBlk", "SigIgn", "SigCgt"})
        CHECK(status.find(std::string(signals) + ":\t0000000000000000\n") != std::string::npos);
}

} // namespace agentcron::process
