#include "process/run_fixture.hpp"
#include "process/wire.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
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

bool send_message(const base::UniqueFd& socket, wire::Message type, const std::string& payload) {
    wire::MessageHeader header{};
    header.length = static_cast<std::uint32_t>(payload.size());
    header.type = static_cast<std::uint8_t>(type);
    const std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
    const std::string whole = bytes + payload;
    return ::send(socket.get(), whole.data(), whole.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(whole.size());
}

// Never reads its stdin.
void launch_deaf(RunFixture& run) {
    LaunchSpec spec = run.shell("echo ready; exec sleep 1000");
    spec.stdin_stays_open = true;
    run.launch(spec);
    run.until_output("ready");
}

// Has fed much more than a shim takes in at once, and died before the shim saw any of it: that one
// stands still for the life of this.
class DeadDaemon {
public:
    DeadDaemon(const RunFixture& run, pid_t shim, const std::string& words) : shim_(shim) {
        const base::UniqueFd socket = RunDirectory::open(run.run_directory)->connect();
        const int room = 200'000; // the kernel doubles it
        REQUIRE(::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
        REQUIRE(::kill(shim_, SIGSTOP) == 0);
        for (std::size_t sent = 0; sent < words.size(); sent += 20'000)
            REQUIRE(send_message(socket, wire::Message::feed, words.substr(sent, 20'000)));
    }
    ~DeadDaemon() { ::kill(shim_, SIGCONT); }

private:
    pid_t shim_;
};

// What a shim of some version says to the first who attaches.
void greet_one(const base::UniqueFd& listener, std::uint32_t version) {
    pollfd waiting{listener.get(), POLLIN, 0};
    if (::poll(&waiting, 1, 30'000) != 1) return;
    const base::UniqueFd client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const wire::Hello hello{version, ::getpid(), ::getpid()};
    send_message(client, wire::Message::hello,
                 std::string(reinterpret_cast<const char*>(&hello), sizeof hello));
    wire::MessageHeader attach{};
    ::recv(client.get(), &attach, sizeof attach, MSG_WAITALL);
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

TEST_CASE("what a dead daemon had sent stands in the spool once its shim is adopted", "[process]") {
    RunFixture run;
    launch_deaf(run);
    const pid_t shim = run.process->shim_pid();
    const std::string words(300'000, 'w');
    {
        const DeadDaemon dead(run, shim, words);
        run.drop();
        run.frames.clear();
    }
    run.adopt(0);
    std::string fed;
    for (const Frame& frame : run.process->read(10 << 20))
        if (frame.stream == Stream::in) fed += frame.bytes;
    CHECK(fed == words);
    run.process->kill();
    run.finish();
}

TEST_CASE("a shim serves everybody before it greets, also if it must wait for the disk",
          "[process]") {
    RunFixture run;
    launch_deaf(run);
    const pid_t shim = run.process->shim_pid();
    // Its place is before that of the other, so its messages are looked at first.
    const auto directory = RunDirectory::open(run.run_directory);
    const base::UniqueFd socket = directory->connect();
    pollfd greeted{socket.get(), POLLIN, 0};
    REQUIRE(send_message(socket, wire::Message::attach, {}));
    REQUIRE(::poll(&greeted, 1, 30'000) == 1);
    char first[64];
    REQUIRE(::recv(socket.get(), first, sizeof first, 0) > 0);
    const auto spool = run.run_directory / "spool";
    const rlimit disk{std::filesystem::file_size(spool) + 100'000, RLIM_INFINITY};
    const rlimit free{RLIM_INFINITY, RLIM_INFINITY};
    REQUIRE(::prlimit(shim, RLIMIT_FSIZE, &disk, nullptr) == 0);
    {
        const DeadDaemon dead(run, shim, std::string(300'000, 'w'));
        REQUIRE(send_message(socket, wire::Message::attach, {}));
    }
    run.until([&] { return std::filesystem::file_size(spool) == disk.rlim_cur; });
    CHECK(::poll(&greeted, 1, 0) == 0);
    REQUIRE(::prlimit(shim, RLIMIT_FSIZE, &free, nullptr) == 0);
    REQUIRE(::poll(&greeted, 1, 30'000) == 1);
    CHECK(std::filesystem::file_size(spool) > disk.rlim_cur + 200'000);
    run.process->kill();
    run.finish();
}

TEST_CASE("a shim that is stopped cannot be adopted until it goes on", "[process]") {
    RunFixture run;
    run.launch(echoing(run));
    run.until_output("got one\n");
    const pid_t shim = run.process->shim_pid();
    run.drop();
    REQUIRE(::kill(shim, SIGSTOP) == 0);
    const auto stopped = AgentProcess::adopt(run.loop, run.run_directory, 0, {});
    REQUIRE(::kill(shim, SIGCONT) == 0);
    REQUIRE_FALSE(stopped.has_value());
    CHECK(stopped.error().error == ETIMEDOUT);
    run.adopt(0);
    run.process->kill();
    CHECK(run.finish().terminated);
}

TEST_CASE("shims of older versions are adopted, of newer ones not", "[process]") {
    RunFixture run;
    const auto directory = RunDirectory::create(run.run_directory);
    const base::UniqueFd spool = directory->create_spool();
    const base::UniqueFd listener = directory->create_listener();
    const auto try_adopt = [&](std::uint32_t version) {
        std::thread shim([&] { greet_one(listener, version); });
        auto adopted = AgentProcess::adopt(run.loop, run.run_directory, 0, {[] {}, {}});
        shim.join();
        return adopted;
    };
    CHECK(try_adopt(1).has_value());
    CHECK(try_adopt(wire::protocol_version).has_value());
    const auto newer = try_adopt(wire::protocol_version + 1);
    REQUIRE_FALSE(newer.has_value());
    CHECK(newer.error().error == EPROTO);
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
