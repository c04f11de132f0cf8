#include "process/run_fixture.hpp"

#include <csignal>

namespace agentcron::process {
namespace {

using namespace std::string_literals;

std::string ten_megabytes() {
    std::string bytes;
    bytes.reserve(10'000'010);
    for (int i = 0; bytes.size() < 10'000'000; ++i) bytes += std::to_string(i) + "\n";
    return bytes;
}

} // namespace

TEST_CASE("the prompt is followed by the end of file", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.spec({"cat"});
    spec.stdin_bytes = "quotes ' \" and\nlines and \0 too"s;
    run.launch(spec);
    CHECK(run.finish().exit_code == 0);
    CHECK(run.text(Stream::out) == spec.stdin_bytes);
    CHECK(run.text(Stream::in).empty());
}

TEST_CASE("stdin that stays open takes input later, and its end", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.shell("while read line; do echo \"got $line\"; done; echo end");
    spec.stdin_bytes = "one\n";
    spec.stdin_stays_open = true;
    run.launch(spec);
    run.until_output("got one\n");
    run.process->feed("two\n");
    run.until_output("got two\n");
    run.process->feed("three\n");
    run.process->close_stdin();
    CHECK(run.finish().exit_code == 0);
    CHECK(run.text(Stream::out) == "got one\ngot two\ngot three\nend\n");
    CHECK(run.text(Stream::in) == "two\nthree\n");
}

TEST_CASE("what is fed right after the launch arrives", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.spec({"cat"});
    spec.stdin_stays_open = true;
    run.launch(spec);
    run.process->feed("early");
    run.process->close_stdin();
    run.finish();
    CHECK(run.text(Stream::out) == "early");
}

TEST_CASE("a prompt of 10 MB arrives whole", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.spec({"cat"});
    spec.stdin_bytes = ten_megabytes();
    run.launch(spec);
    CHECK(run.finish().exit_code == 0);
    CHECK((run.text(Stream::out) == spec.stdin_bytes));
}

TEST_CASE("10 MB that are fed later arrive whole", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.spec({"cat"});
    spec.stdin_stays_open = true;
    run.launch(spec);
    const std::string bytes = ten_megabytes();
    run.process->feed(bytes);
    run.process->close_stdin();
    CHECK(run.finish().exit_code == 0);
    CHECK((run.text(Stream::out) == bytes));
    CHECK((run.text(Stream::in) == bytes));
}

TEST_CASE("an agent that never reads its prompt costs no memory and can be ended", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.shell("echo ready; exec sleep 1000");
    spec.stdin_bytes = ten_megabytes();
    spec.stdin_stays_open = true;
    run.launch(spec);
    run.process->feed(spec.stdin_bytes);
    run.until_output("ready");
    run.until([&] { return run.text(Stream::in).size() == spec.stdin_bytes.size(); });
    CHECK(status_kib(run.process->shim_pid(), "VmHWM") < 2048);
    run.process->terminate(base::Millis(60'000));
    CHECK(run.finish().signal == SIGTERM);
}

TEST_CASE("terminate overtakes input that was fed before it", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.spec({"sleep", "1000"});
    spec.stdin_stays_open = true;
    run.launch(spec);
    run.process->feed(ten_megabytes());
    run.process->terminate(base::Millis(60'000));
    CHECK(run.finish().signal == SIGTERM);
}

TEST_CASE("an agent that closes its stdin goes on undisturbed", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.shell("exec <&-; echo closed; exec 1>&-; exit 5");
    spec.stdin_bytes = ten_megabytes();
    run.launch(spec);
    CHECK(run.finish().exit_code == 5);
    CHECK(run.text(Stream::out) == "closed\n");
}

TEST_CASE("feeding an agent that has ended does nothing", "[process]") {
    RunFixture run;
    run.launch(run.shell("true"));
    run.finish();
    run.process->feed("late");
    run.process->close_stdin();
    run.process->reply("1", "{}");
    run.process->terminate(base::Millis(10));
    run.process->kill();
    run.loop.restart();
    run.loop.poll();
    CHECK(run.exited->exit_code == 0);
}

} // namespace agentcron::process
