#include "process/run_fixture.hpp"
#include "process/wire.hpp"

#include <csignal>
#include <fstream>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace agentcron::process {
namespace {

// A machine's full disk, for one shim: its files may not grow beyond this. Everything that is
// launched inside the scope inherits it.
class FullDisk {
public:
    explicit FullDisk(rlim_t file_bytes_max) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limited{file_bytes_max, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &limited) == 0);
    }
    ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

    static void free(pid_t pid) {
        const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
        REQUIRE(::prlimit(pid, RLIMIT_FSIZE, &none, nullptr) == 0);
    }

private:
    rlimit before_{};
};

// A shim that answers has finished the write that it was in, and so has found its disk full.
void await_hello(const RunFixture& run) {
    const auto directory = RunDirectory::open(run.run_directory);
    const base::UniqueFd socket = directory->connect();
    wire::MessageHeader attach{};
    attach.type = static_cast<std::uint8_t>(wire::Message::attach);
    REQUIRE(::send(socket.get(), &attach, sizeof attach, MSG_NOSIGNAL) == sizeof attach);
    pollfd answered{socket.get(), POLLIN, 0};
    REQUIRE(::poll(&answered, 1, 30'000) == 1);
}

constexpr std::uint64_t disk_bytes = 1 << 20;
constexpr std::uint64_t output_bytes = 3'000'000;

void launch_on_full_disk(RunFixture& run) {
    {
        const FullDisk full(disk_bytes);
        run.launch(run.shell("head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2"));
    }
    const auto spool = run.run_directory / "spool";
    run.until([&] { return std::filesystem::file_size(spool) == disk_bytes; });
    await_hello(run);
}

} // namespace

TEST_CASE("bytes come back exactly, whatever they are", "[process]") {
    RunFixture run;
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
    const auto file = run.root / "bytes";
    std::ofstream(file, std::ios::binary) << bytes << bytes;
    run.launch(run.spec({"cat", file}));
    run.finish();
    CHECK(run.text(Stream::out) == bytes + bytes);
}

TEST_CASE("what was written to stderr first stands before what followed on stdout", "[process]") {
    RunFixture run;
    run.launch(run.shell("i=0; while [ $i -lt 300 ]; do echo x >&2; echo y; i=$((i+1)); done"));
    run.finish();
    std::size_t errors = 0;
    std::size_t lines = 0;
    for (const auto& frame : run.frames) {
        (frame.stream == Stream::err ? errors : lines) += frame.bytes.size();
        CHECK(errors >= lines);
    }
    CHECK(lines == 600);
}

TEST_CASE("100 MB on one line pass through with little memory", "[process]") {
    RunFixture run;
    run.keep_frames = false;
    LaunchSpec spec = run.shell("head -c 100000000 /dev/zero | tr '\\0' x");
    spec.stdin_stays_open = true;
    run.launch(spec);
    run.until([&] { return run.bytes_read > 90'000'000; });
    const long shim_kib = status_kib(run.process->shim_pid(), "VmHWM");
    CHECK(run.finish().exit_code == 0);
    CHECK(run.bytes_read == 100'000'000);
    CHECK(run.longest_read <= (1 << 20) + frame_bytes_max);
    // Unless the shim had ended already when it was looked at.
    CHECK(shim_kib < 2048);
}

TEST_CASE("an agent does not wait for its reader", "[process]") {
    RunFixture run;
    std::optional<ExitRecord> exited;
    auto process = AgentProcess::launch(run.loop, run.shell("head -c 20000000 /dev/zero"),
                                        {[] {}, [&](const ExitRecord& end) { exited = end; }});
    REQUIRE(process.has_value());
    run.until([&] { return exited.has_value(); });
    CHECK(exited->exit_code == 0);
    std::uint64_t bytes = 0;
    std::uint64_t next_offset = 0;
    for (auto frames = (*process)->read(1); !frames.empty(); frames = (*process)->read(1)) {
        REQUIRE(frames.size() == 1);
        REQUIRE(frames[0].bytes.size() <= frame_bytes_max);
        REQUIRE(frames[0].offset > next_offset);
        next_offset = frames[0].offset + frames[0].bytes.size();
        bytes += frames[0].bytes.size();
    }
    CHECK(bytes == 20'000'000);
    CHECK(next_offset == exited->spool_bytes);
}

TEST_CASE("output beyond the cap is cut off and ends the agent", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.spec({"yes"});
    spec.output_bytes_max = 100'000;
    run.launch(spec);
    CHECK(run.finish().output_limit_hit);
    CHECK(run.exited->signal == SIGTERM);
    CHECK_FALSE(run.exited->terminated);
    CHECK(run.text(Stream::out).size() == 100'000);
}

TEST_CASE("output of exactly the cap is no offence", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.shell("head -c 100000 /dev/zero");
    spec.output_bytes_max = 100'000;
    run.launch(spec);
    CHECK_FALSE(run.finish().output_limit_hit);
    CHECK(run.exited->exit_code == 0);
}

TEST_CASE("a full disk holds the agent back and loses nothing", "[process]") {
    RunFixture run;
    launch_on_full_disk(run);
    CHECK_FALSE(run.exited);
    FullDisk::free(run.process->shim_pid());
    CHECK(run.finish().exit_code == 0);
    CHECK(run.exited->spool_stalls >= 1);
    CHECK(run.exited->lost_bytes == 0);
    CHECK(run.text(Stream::out) == std::string(output_bytes, 'x'));
    CHECK(run.text(Stream::err) == "end\n");
}

TEST_CASE("an attempt on a full disk can be killed, and says what was lost", "[process]") {
    RunFixture run;
    launch_on_full_disk(run);
    run.process->feed("never read"); // needs the disk too, and must not be in the way
    run.process->kill();
    CHECK(run.finish().signal == SIGKILL);
    CHECK(run.exited->spool_stalls == 1);
    CHECK(run.exited->lost_bytes > 0);
    CHECK(run.exited->spool_bytes == disk_bytes);
    CHECK(run.text(Stream::out).size() < output_bytes);
}

} // namespace agentcron::process
