#include "process/ask_client.hpp"

#include "process/run_fixture.hpp"
#include "process/wire.hpp"

#include <cstdlib>
#include <future>
#include <sys/socket.h>

namespace agentcron::process {
namespace {

using Answer = base::Result<std::string, AskError>;
using Kind = AskError::Kind;

// A run whose agent waits for its stdin to end, and this process's environment as if it were a
// program inside that agent.
class AskFixture : public RunFixture {
public:
    // `behind`: what the agent does once it has printed its token.
    explicit AskFixture(const std::string& behind = "exec cat") {
        LaunchSpec spec = shell("echo \"$AGENTCRON_ASK_TOKEN\"; " + behind);
        spec.stdin_stays_open = true;
        launch(spec);
        until_output("\n");
        token = text(Stream::out);
        token.erase(token.find('\n'));
        ::setenv(wire::socket_variable, (run_directory / "sock").c_str(), 1);
        ::setenv(wire::token_variable, token.c_str(), 1);
    }
    ~AskFixture() {
        ::unsetenv(wire::socket_variable);
        ::unsetenv(wire::token_variable);
    }

    std::future<Answer> ask_soon(std::string json) {
        return std::async(std::launch::async, [json] { return ask(json, base::Millis(30'000)); });
    }

    // An asker that only holds its connection.
    base::UniqueFd ask_silently() const {
        const auto directory = RunDirectory::open(run_directory);
        base::UniqueFd socket = directory->connect();
        wire::MessageHeader header{};
        header.type = static_cast<std::uint8_t>(wire::Message::ask);
        header.length = static_cast<std::uint32_t>(1 + token.size() + 2);
        std::string message(reinterpret_cast<const char*>(&header), sizeof header);
        message += static_cast<char>(token.size()) + token + "{}";
        REQUIRE(::send(socket.get(), message.data(), message.size(), MSG_NOSIGNAL) > 0);
        return socket;
    }

    std::string token;
};

Answer wait_for(std::future<Answer>& answer) {
    REQUIRE(answer.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
    return answer.get();
}

} // namespace

TEST_CASE("an ask comes with an id and its reply goes back", "[process][ask]") {
    AskFixture run;
    auto answer = run.ask_soon(R"({"question":"Which branch?"})");
    CHECK(run.nth_frame(Stream::ask, 0) == R"({"question":"Which branch?","id":"1"})");
    run.process->reply("1", R"({"answer":"main"})");
    CHECK(run.nth_frame(Stream::reply, 0) == R"({"answer":"main","id":"1"})");
    CHECK(*wait_for(answer) == R"({"answer":"main"})");
    run.process->close_stdin();
    CHECK(run.finish().exit_code == 0);
}

TEST_CASE("many asks may be open and are answered in any order", "[process][ask]") {
    AskFixture run;
    constexpr int asks = 100;
    std::vector<std::future<Answer>> answers;
    for (int i = 0; i < asks; ++i) {
        answers.push_back(run.ask_soon("{\"n\":" + std::to_string(i) + "}"));
        run.nth_frame(Stream::ask, static_cast<std::size_t>(i)); // so that ids follow n
    }
    for (int i = asks; i > 0; --i)
        run.process->reply(std::to_string(i), "{\"to\":" + std::to_string(i - 1) + "}");
    run.nth_frame(Stream::reply, asks - 1);
    for (int i = 0; i < asks; ++i)
        CHECK(*wait_for(answers[static_cast<std::size_t>(i)]) ==
              "{\"to\":" + std::to_string(i) + "}");
}

TEST_CASE("an asker that gives up withdraws its question", "[process][ask]") {
    AskFixture run;
    auto answer = std::async(std::launch::async, [] { return ask("{}", base::Millis(20)); });
    CHECK(run.nth_frame(Stream::ask, 0) == R"({"id":"1"})");
    CHECK(run.nth_frame(Stream::ask, 1) == R"({"id":"1","withdrawn":true})");
    CHECK(wait_for(answer).error().kind == Kind::timed_out);
    run.process->reply("1", "{}"); // too late: nobody is there
    run.process->close_stdin();
    run.finish();
    CHECK(run.text(Stream::reply).empty());
}

TEST_CASE("an asker whose run ends is told so", "[process][ask]") {
    AskFixture run;
    auto answer = run.ask_soon("{}");
    run.nth_frame(Stream::ask, 0);
    run.process->terminate(base::Millis(60'000));
    run.finish();
    CHECK(wait_for(answer).error().kind == Kind::ended);
}

TEST_CASE("an asker that goes while its agent is ended has not withdrawn", "[process][ask]") {
    AskFixture run("trap 'echo ending' TERM; echo deaf; while :; do sleep 1000 & wait; done");
    run.until_output("deaf");
    base::UniqueFd asker = run.ask_silently();
    run.nth_frame(Stream::ask, 0);
    run.process->terminate(base::Millis(60'000));
    run.until_output("ending");
    asker.reset();
    run.process->kill();
    run.finish();
    CHECK(run.text(Stream::ask) == R"({"id":"1"})");
}

TEST_CASE("an ask stays open while daemons change", "[process][ask]") {
    AskFixture run;
    auto answer = run.ask_soon(R"({"question":"still there?"})");
    run.nth_frame(Stream::ask, 0);
    run.drop();
    run.adopt(0);
    run.process->reply("1", R"({"answer":"yes"})");
    run.nth_frame(Stream::reply, 0);
    CHECK(*wait_for(answer) == R"({"answer":"yes"})");
}

TEST_CASE("a wrong token and text that is no object are refused", "[process][ask]") {
    AskFixture run;
    CHECK(ask("not json").error().kind == Kind::refused);
    CHECK(ask("[1]").error().message == "the question is not a JSON object");
    CHECK(ask(std::string(100'000, '{')).error().kind == Kind::refused);
    ::setenv(wire::token_variable, "guessed", 1);
    CHECK(ask("{}").error().message == "the token is not the one of this run");
    run.process->close_stdin();
    run.finish();
    CHECK(run.text(Stream::ask).empty());
}

TEST_CASE("the token of one run opens no other", "[process][ask]") {
    AskFixture one;
    const auto token = one.token;
    AskFixture other; // the environment is its own now
    CHECK(other.token != token);
    ::setenv(wire::token_variable, token.c_str(), 1);
    CHECK(ask("{}").error().message == "the token is not the one of this run");
    CHECK(other.text(Stream::ask).empty());
}

TEST_CASE("asks beyond the limit are refused and disturb nobody", "[process][ask]") {
    AskFixture run;
    std::vector<base::UniqueFd> sockets;
    for (std::size_t i = 0; i < 128; ++i) sockets.push_back(run.ask_silently());
    run.nth_frame(Stream::ask, 127);
    CHECK(ask("{}").error().message == "too many open questions in this run");
    run.process->close_stdin();
    CHECK(run.finish().exit_code == 0);
}

TEST_CASE("bytes that are no message only close their own connection", "[process][ask]") {
    AskFixture run;
    const auto directory = RunDirectory::open(run.run_directory);
    const base::UniqueFd socket = directory->connect();
    const std::string garbage(1000, '\xff');
    REQUIRE(::send(socket.get(), garbage.data(), garbage.size(), MSG_NOSIGNAL) > 0);
    {
        const base::UniqueFd half = directory->connect(); // hangs up in the middle of a feed
        const std::string part("\x10\0\0\0\x03\0\0\0half", 12);
        REQUIRE(::send(half.get(), part.data(), part.size(), MSG_NOSIGNAL) > 0);
    }
    run.process->feed("alive\n");
    run.until_output("alive");
    run.process->close_stdin();
    CHECK(run.finish().exit_code == 0);
    CHECK(run.text(Stream::in) == "alive\n");
}

TEST_CASE("asking outside an agent says so", "[process][ask]") {
    CHECK(ask("{}").error().kind == Kind::not_in_agent);
    ::setenv(wire::socket_variable, "/no/such/run/sock", 1);
    ::setenv(wire::token_variable, "x", 1);
    CHECK(ask("{}").error().kind == Kind::unreachable);
    ::unsetenv(wire::socket_variable);
    ::unsetenv(wire::token_variable);
}

} // namespace agentcron::process
