#include "base/spawn.hpp"

#include "support/catch.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace agentcron::base {
namespace {

constexpr Millis limit{30'000};

struct Pipe {
    Pipe() {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        read_end.reset(ends[0]);
        write_end.reset(ends[1]);
    }
    // Everything until the last writer has gone.
    std::string drain() {
        write_end.reset();
        std::string text;
        char bytes[4096];
        for (ssize_t size = 0; (size = ::read(read_end.get(), bytes, sizeof bytes)) > 0;)
            text.append(bytes, static_cast<std::size_t>(size));
        return text;
    }
    UniqueFd read_end;
    UniqueFd write_end;
};

// What a shell line prints on its standard output.
std::string printed(SpawnRequest request, const std::string& script) {
    Pipe out;
    request.argv = {"/bin/sh", "-c", script};
    request.fds.push_back({out.write_end.get(), 1});
    const auto child = spawn(request);
    if (!child) FAIL(child.error().message());
    std::string text = out.drain();
    CHECK(wait(*child, limit).has_value());
    return text;
}

// What each descriptor of this process is.
std::map<std::string, std::string> open_descriptors() {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        all[entry.path().filename()] = std::filesystem::read_symlink(entry.path(), gone);
    }
    return all;
}

} // namespace

TEST_CASE("a child's exit code and signal are told apart", "[unit][base]") {
    auto child = spawn({.argv = {"/bin/sh", "-c", "exit 3"}});
    REQUIRE(child.has_value());
    auto end = wait(*child, limit);
    REQUIRE(end.has_value());
    CHECK(end->code == 3);
    CHECK_FALSE(end->signal.has_value());

    child = spawn({.argv = {"/bin/sh", "-c", "kill -9 $$"}});
    end = wait(*child, limit);
    REQUIRE(end.has_value());
    CHECK(end->signal == SIGKILL);
    CHECK_FALSE(end->code.has_value());
}

TEST_CASE("waiting ends without a result when the time is over", "[unit][base]") {
    const auto child = spawn({.argv = {"/bin/sleep", "1000"}});
    REQUIRE(child.has_value());
    CHECK_FALSE(wait(*child, Millis(1)).has_value());
    CHECK(send_signal(child->pidfd, SIGTERM));
    const auto end = wait(*child, limit);
    REQUIRE(end.has_value());
    CHECK(end->signal == SIGTERM);
}

TEST_CASE("a failed step is named with its errno, and leaves no zombie", "[unit][base]") {
    auto failed = spawn({.argv = {"/no/such/program"}});
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().stage == "exec");
    CHECK(failed.error().message() == "exec: No such file or directory (2)");

    failed = spawn({.argv = {"/bin/true"}, .working_directory = "/no/such/directory"});
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().stage == "chdir");
    CHECK(failed.error().error == ENOENT);

    failed = spawn({.argv = {"/bin/true"}, .fds = {{9999, 1}}});
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().stage == "stdio");
    CHECK(failed.error().error == EBADF);

    siginfo_t info{};
    CHECK(::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1);
    CHECK(errno == ECHILD);
}

TEST_CASE("a child gets the descriptors that were named and no other", "[unit][base]") {
    // One that another library opened without close-on-exec.
    const UniqueFd careless(::open("/dev/null", O_RDONLY));
    const Pipe input;
    REQUIRE(::write(input.write_end.get(), "hello\n", 6) == 6);
    SpawnRequest request;
    request.fds = {{input.read_end.get(), 7}, {input.read_end.get(), 3}};
    CHECK(printed(request, "read line <&7; echo $line; ls /proc/$$/fd") ==
          "hello\n0\n1\n2\n3\n7\n");
}

TEST_CASE("descriptors may swap places", "[unit][base]") {
    // The numbers that the child shall see are taken, by each other, in this process.
    const UniqueFd a(::memfd_create("a", MFD_CLOEXEC));
    const UniqueFd b(::memfd_create("b", MFD_CLOEXEC));
    SpawnRequest request;
    request.fds = {{a.get(), b.get()}, {b.get(), a.get()}};
    const std::string script = "readlink /proc/$$/fd/" + std::to_string(a.get()) + " /proc/$$/fd/" +
                               std::to_string(b.get());
    CHECK(printed(request, script) == "/memfd:b (deleted)\n/memfd:a (deleted)\n");
}

TEST_CASE("the environment is inherited or replaced as a whole", "[unit][base]") {
    ::setenv("AGENTCRON_SPAWN_TEST", "inherited", 1);
    CHECK(printed({}, "echo $AGENTCRON_SPAWN_TEST") == "inherited\n");
    CHECK(printed({.env = {{"A=1"}}}, "echo $A-$AGENTCRON_SPAWN_TEST-$HOME") == "1--\n");
    ::unsetenv("AGENTCRON_SPAWN_TEST");
}

TEST_CASE("a child has its own session and directory, and default signals", "[unit][base]") {
    ::signal(SIGHUP, SIG_IGN);
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    ::sigprocmask(SIG_BLOCK, &blocked, &before);
    SpawnRequest request{.working_directory = "/usr", .new_session = true};
    const std::string text = printed(request, "pwd; cut -d' ' -f1,6 /proc/$$/stat; "
                                              "grep -E 'Sig(Blk|Ign)' /proc/$$/status");
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    ::signal(SIGHUP, SIG_DFL);
    CHECK(text.rfind("/usr\n", 0) == 0);
    const std::size_t space = text.find(' ');
    CHECK(text.substr(5, space - 5) == text.substr(space + 1, space - 5)); // its session is itself
    CHECK(text.find("SigBlk:\t0000000000000000") != std::string::npos);
    CHECK(text.find("SigIgn:\t0000000000000000") != std::string::npos);
}

TEST_CASE("a child runs as another user without any of our groups", "[unit][base]") {
    const UserIdentity nobody{65534, 65534};
    if (::geteuid() != 0) {
        const auto failed = spawn({.argv = {"/bin/true"}, .run_as = nobody});
        REQUIRE_FALSE(failed.has_value());
        CHECK(failed.error().stage == "identity");
        CHECK(failed.error().error == EPERM);
        return;
    }
    const SpawnRequest request{.run_as = nobody};
    // While the child is set up it runs in the memory of this process, which has more threads.
    UniqueFd wakes(::eventfd(0, EFD_CLOEXEC));
    std::thread other([&] {
        std::uint64_t one = 0;
        CHECK(::read(wakes.get(), &one, sizeof one) == sizeof one);
    });
    CHECK(printed(request, "id -u; id -g; id -G") == "65534\n65534\n65534\n");
    const std::uint64_t one = 1;
    CHECK(::write(wakes.get(), &one, sizeof one) == sizeof one);
    other.join();
    CHECK(::geteuid() == 0);
}

TEST_CASE("threads that start children at once keep their descriptors", "[unit][base]") {
    // Gaps, which what is opened in a child would fill in another order than in its parent.
    std::vector<UniqueFd> many(24);
    for (auto& fd : many) fd.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (std::size_t i = 0; i < many.size(); i += 2) many[i].reset();
    const auto before = open_descriptors();
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int times = 0; times < 25; ++times) {
                const auto child = spawn({.argv = {"/bin/true"}});
                const auto exit = child ? wait(*child, limit) : std::nullopt;
                good += exit && exit->code == 0;
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(good == 100);
    CHECK(open_descriptors() == before);
}

} // namespace agentcron::base
