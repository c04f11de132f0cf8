#include "process/run_fixture.hpp"

namespace agentcron::process {

TEST_CASE("an idle shim sleeps, and takes less than 2 MiB with all its pages", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.shell("echo ready; exec sleep 1000");
    spec.stdin_stays_open = true;
    run.launch(spec);
    run.until_output("ready");
    // Timers and a daemon's connection are no work.
    run.process->set_lease(base::Millis(600'000), base::Millis(0));
    run.process->feed("line\n");
    run.nth_frame(Stream::in, 0);
    const pid_t shim = run.process->shim_pid();
    // It sleeps in its poll by the time another one has lived its whole life.
    const auto live_another = [] {
        RunFixture other;
        other.launch(other.shell("true"));
        other.finish();
    };
    live_another();
    const long before = status_kib(shim, "voluntary_ctxt_switches");
    REQUIRE(before > 0);
    for (int i = 0; i < 5; ++i) live_another();
    CHECK(status_kib(shim, "voluntary_ctxt_switches") == before);
    CHECK(status_kib(shim, "VmRSS") < 2048);
}

} // namespace agentcron::process
