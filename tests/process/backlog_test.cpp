// WhenFull::block: an agent waits while too much of what it wrote is not stored.
#include "process/run_fixture.hpp"
#include "process/wire.hpp"

#include <sys/stat.h>

namespace agentcron::process {
namespace {

constexpr std::uint64_t cap = 200'000;

LaunchSpec blocking(const RunFixture& run, const std::string& script) {
    LaunchSpec spec = run.shell(script);
    spec.output_bytes_max = cap;
    spec.when_full = WhenFull::block;
    return spec;
}

std::uint64_t end_of(const Frame& frame) {
    return frame.offset + frame.bytes.size();
}

struct stat spool_status(const RunFixture& run) {
    struct stat status {};
    REQUIRE(::stat((run.run_directory / wire::spool_file).c_str(), &status) == 0);
    return status;
}

std::uint64_t spool_size(const RunFixture& run) {
    return static_cast<std::uint64_t>(spool_status(run).st_size);
}

} // namespace

TEST_CASE("an agent waits until what it wrote is stored, and nothing is lost", "[process]") {
    RunFixture run;
    run.launch(blocking(run, "seq 1 200000"));
    std::uint64_t told = 0;
    std::uint64_t waited_at = 0;
    while (!run.exited) {
        run.until([&] {
            return run.exited || (!run.frames.empty() && end_of(run.frames.back()) >= told + cap);
        });
        if (run.exited) break;
        // More than a pipe's worth beyond the limit is not read.
        CHECK(spool_size(run) < told + cap + 3 * frame_bytes_max);
        ++waited_at;
        told = end_of(run.frames.back());
        run.process->stored(told);
    }
    CHECK(run.finish().exit_code == 0);
    CHECK_FALSE(run.exited->output_limit_hit);
    CHECK(waited_at >= 5); // it writes 1.3 MB
    CHECK(run.text(Stream::out) == lines(200'000));
    // What was stored takes no room.
    const auto status = spool_status(run);
    CHECK(static_cast<std::uint64_t>(status.st_blocks) * 512 <
          static_cast<std::uint64_t>(status.st_size) / 2);
}

TEST_CASE("who reads a spool of which a part is gone reads the rest", "[process]") {
    RunFixture run;
    LaunchSpec spec = blocking(run, "echo '{\"type\":\"progress\"}' >&3; seq 1 20000; read x; "
                                    "seq 1 20000; echo '{}' >&3; seq 1 3; read x");
    spec.stdin_stays_open = true;
    run.launch(spec);
    run.until_output("\n20000\n");
    run.process->stored(end_of(run.frames.back()));
    run.process->feed("go on\n");
    run.nth_frame(Stream::event, 1);
    run.process->stored(end_of(run.frames.back()));
    run.drop();
    run.frames.clear();
    run.adopt(0);
    run.process->feed("end\n");
    CHECK(run.finish().exit_code == 0);
    // What is no output is kept, and what stands before it: who goes on with the run needs it.
    CHECK(run.text(Stream::event) == "{\"type\":\"progress\"}\n{}\n");
    CHECK(run.text(Stream::in) == "go on\nend\n");
    const auto second = lines(20'000);
    CHECK(run.text(Stream::out).starts_with(second));
    CHECK(run.text(Stream::out).size() <= second.size() + 6);
}

TEST_CASE("an agent that waits for its output to be stored can be ended", "[process]") {
    RunFixture run;
    run.launch(blocking(run, "trap 'echo bye; exit 3' TERM; while :; do seq 1 1000; done"));
    run.until([&] { return spool_size(run) >= cap; });
    run.process->terminate(base::Seconds(30));
    CHECK(run.finish().exit_code == 3);
    CHECK(run.text(Stream::out).ends_with("bye\n"));
}

} // namespace agentcron::process
