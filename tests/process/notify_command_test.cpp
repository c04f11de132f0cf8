// Commands of notifications that do not end by themselves.
#include "base/unique_fd.hpp"
#include "notify/command.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <unistd.h>

namespace agentcron::notify {
namespace {

constexpr base::Seconds limit{30};

// A pipe whose end of file says that all who had it are gone.
struct Lifeline {
    Lifeline() {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        read_end.reset(ends[0]);
        path = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(ends[1]);
        write_end.reset(ends[1]);
    }
    bool has_bytes() {
        pollfd readable{read_end.get(), POLLIN, 0};
        char byte = 0;
        return ::poll(&readable, 1, 30'000) == 1 && ::read(read_end.get(), &byte, 1) == 1;
    }
    bool ends() {
        write_end.reset();
        pollfd readable{read_end.get(), POLLIN, 0};
        char byte = 0;
        return ::poll(&readable, 1, 30'000) == 1 && ::read(read_end.get(), &byte, 1) == 0;
    }
    base::UniqueFd read_end, write_end;
    std::string path; // opened by the command
};

Command shell(const std::string& script) {
    return {.argv = {"sh", "-c", script}, .environment = {"PATH=/usr/bin:/bin"}, .stdin_text = ""};
}

TryResult result_of(const Command& command, base::Millis within) {
    boost::asio::io_context loop;
    CommandRunner runner(loop, within);
    std::optional<TryResult> result;
    runner.run(command, [&](TryResult r) { result = std::move(r); });
    loop.run_for(limit);
    REQUIRE(result.has_value());
    return *result;
}

} // namespace

TEST_CASE("a notification's command that does not end is killed with its children",
          "[process][notify]") {
    Lifeline line;
    const auto result =
        result_of(shell("exec 3>" + line.path + "; trap '' TERM; sleep 1000 & sleep 1000; true"),
                  base::Millis(300));
    CHECK(result.verdict == Verdict::failed);
    CHECK(result.error == "killed, it did not end within 1s");
    CHECK(line.ends());
}

TEST_CASE("a notification's command may leave something in the background", "[process][notify]") {
    Lifeline line;
    const auto result =
        result_of(shell("exec 3>" + line.path + "; (sleep 1000) & echo $! >&3; exit 0"), limit);
    CHECK(result.verdict == Verdict::delivered);
    pid_t left = 0;
    char digits[16] = "";
    REQUIRE(::read(line.read_end.get(), digits, sizeof digits - 1) > 0);
    left = std::atoi(digits);
    REQUIRE(left > 1);
    CHECK(::kill(left, SIGKILL) == 0);
    CHECK(line.ends());
}

TEST_CASE("a runner that goes takes its commands with it", "[process][notify]") {
    Lifeline line;
    {
        boost::asio::io_context loop;
        CommandRunner runner(loop);
        runner.run(shell("exec 3>" + line.path + "; echo >&3; sleep 1000; true"),
                   [](const TryResult&) { FAIL("nobody is there to hear it"); });
        REQUIRE(line.has_bytes());
    }
    CHECK(line.ends());
}

TEST_CASE("a command that is ended by a signal, or whose input it does not read, is told apart",
          "[process][notify]") {
    CHECK(result_of(shell("kill -9 $$"), limit).error == "ended by signal 9");
    auto deaf = shell("exit 0");
    deaf.stdin_text = std::string(1 << 20, 'x');
    CHECK(result_of(deaf, limit).verdict == Verdict::delivered);
    auto reading = shell("test $(wc -c) = 1048576");
    reading.stdin_text = deaf.stdin_text;
    CHECK(result_of(reading, limit).verdict == Verdict::delivered);
}

} // namespace agentcron::notify
