#include "process/run_fixture.hpp"

#include <csignal>

namespace agentcron::process {
namespace {

constexpr std::uint64_t cap = 100'000;

LaunchSpec cutting(const RunFixture& run, const std::string& script) {
    LaunchSpec spec = run.shell(script);
    spec.output_bytes_max = cap;
    spec.when_full = WhenFull::drop_middle;
    spec.stdin_stays_open = true;
    return spec;
}

std::vector<Cut> cuts(const RunFixture& run, Cut::Kind kind) {
    std::vector<Cut> found;
    for (const Frame& frame : run.frames) {
        const auto cut = frame.stream == Stream::cut ? read_cut(frame.bytes) : std::nullopt;
        if (cut && cut->kind == kind) found.push_back(*cut);
    }
    return found;
}

void until_cut_begins(RunFixture& run) {
    run.until([&] { return !cuts(run, Cut::Kind::begins).empty(); });
}

// What was read is the beginning and the end of `whole`, and the marks say what is not.
void check_ends_of(const RunFixture& run, const std::string& whole) {
    const std::string text = run.text(Stream::out);
    const auto ends = cuts(run, Cut::Kind::ends);
    REQUIRE(ends.size() == 1);
    REQUIRE(text.size() > cap / 2);
    const std::string end = text.substr(cap / 2);
    CHECK(text.substr(0, cap / 2) == whole.substr(0, cap / 2));
    CHECK(whole.ends_with(end));
    CHECK(end.size() >= cap / 4);
    CHECK(end.size() <= cap / 2);
    CHECK(ends[0].missing_bytes == whole.size() - text.size());
    std::uint64_t from = 0;
    for (const Frame& frame : run.frames) {
        CHECK(frame.offset > from);
        from = frame.offset + frame.bytes.size();
    }
}

} // namespace

TEST_CASE("the middle of a long output can be dropped, and the agent runs on", "[process]") {
    RunFixture run;
    run.launch(cutting(run, "seq 1 200000; exit 3"));
    CHECK(run.finish().exit_code == 3);
    CHECK_FALSE(run.exited->output_limit_hit);
    CHECK(cuts(run, Cut::Kind::begins).size() == 1);
    check_ends_of(run, lines(200'000));
}

TEST_CASE("whoever adopts a run whose middle was dropped reads the same", "[process]") {
    RunFixture run;
    run.launch(cutting(run, "seq 1 200000"));
    run.finish();
    const auto frames = std::exchange(run.frames, {});
    const auto part = GENERATE(0u, 1u, 2u, 3u); // how many quarters were read before
    const std::size_t read = frames.size() * part / 4;
    run.drop();
    run.exited.reset();
    run.adopt(read == 0 ? 0 : frames[read - 1].offset + frames[read - 1].bytes.size());
    run.finish();
    REQUIRE(run.frames.size() == frames.size() - read);
    for (std::size_t i = 0; i < run.frames.size(); ++i) {
        CHECK(run.frames[i].offset == frames[read + i].offset);
        CHECK(run.frames[i].bytes == frames[read + i].bytes);
    }
}

TEST_CASE("who follows reads the beginning at once and the end when the run is over", "[process]") {
    RunFixture run;
    run.launch(cutting(run, "seq 1 200000; read line"));
    until_cut_begins(run);
    CHECK(run.text(Stream::out) == lines(200'000).substr(0, cap / 2));
    run.process->close_stdin();
    run.finish();
    check_ends_of(run, lines(200'000));
}

TEST_CASE("of an output of exactly the cap nothing is dropped", "[process]") {
    RunFixture run;
    run.launch(cutting(run, "seq 1 200000 | head -c 100000"));
    CHECK(run.finish().exit_code == 0);
    CHECK(run.text(Stream::out) == lines(200'000).substr(0, cap));
    REQUIRE(cuts(run, Cut::Kind::ends).size() == 1);
    CHECK(cuts(run, Cut::Kind::ends)[0].missing_bytes == 0);
}

TEST_CASE("of a cap of a few bytes there is a beginning and an end too", "[process]") {
    RunFixture run;
    LaunchSpec spec = cutting(run, "printf abcdefghijklmnopqrstuvwxyz");
    spec.output_bytes_max = GENERATE(1u, 2u, 3u, 4u, 5u);
    run.launch(spec);
    CHECK(run.finish().exit_code == 0);
    const std::string text = run.text(Stream::out);
    const std::string alphabet = "abcdefghijklmnopqrstuvwxyz";
    const std::size_t beginning = spec.output_bytes_max / 2;
    CHECK(alphabet.starts_with(text.substr(0, beginning)));
    CHECK(alphabet.ends_with(text.substr(beginning)));
    CHECK(cuts(run, Cut::Kind::ends)[0].missing_bytes == alphabet.size() - text.size());
}

TEST_CASE("an agent that goes on writing shows that it is not silent", "[process]") {
    RunFixture run;
    run.launch(cutting(run, "trap 'exit 0' TERM; while :; do echo something; done"));
    until_cut_begins(run);
    run.until([&] { return cuts(run, Cut::Kind::goes_on).size() >= 2; });
    run.process->terminate(base::Millis(60'000));
    run.finish();
    CHECK(run.text(Stream::out).size() <= cap);
}

TEST_CASE("fd 3 is never cut, but has the same limit", "[process]") {
    RunFixture run;
    run.launch(cutting(run, "seq 1 200000; echo done >&3; seq 1 200000"));
    run.finish();
    CHECK(run.text(Stream::event) == "done\n");
    CHECK_FALSE(run.exited->output_limit_hit);

    RunFixture loud;
    loud.launch(cutting(loud, "seq 1 200000 >&3"));
    CHECK(loud.finish().output_limit_hit);
    CHECK(loud.text(Stream::event) == lines(200'000).substr(0, cap));
}

TEST_CASE("a shim that is killed leaves the end of a long output", "[process]") {
    RunFixture run;
    run.launch(cutting(run, "seq 1 200000; echo end >&3; exec sleep 1000"));
    run.until([&] { return run.text(Stream::event) == "end\n"; });
    REQUIRE(::kill(run.process->shim_pid(), SIGKILL) == 0);
    CHECK(run.finish().stage == "lost");
    check_ends_of(run, lines(200'000));
}

} // namespace agentcron::process
