// Agents that are checked: such as work, and such as are broken in every way.
#include "e2e/cli_fixture.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>

using agentcron::e2e::CommandLine;
using Catch::Contains;
namespace support = agentcron::support;

namespace {

// What Claude Code answers to its greeting; the account is put in.
std::string claude_saying(const std::string& account) {
    return "read greeting; echo '{\"type\":\"control_response\",\"response\":{\"subtype\":"
           "\"success\",\"response\":{\"commands\":[],\"account\":{" +
           account + "},\"claude_code_version\":\"9.9\"}}}'; cat >/dev/null";
}

struct Agents : CommandLine {
    std::string config;

    // An agent of this driver that is a shell script.
    Agents(const std::string& driver, const std::string& script) {
        directory.write("agent.sh", script);
        declare(driver, "[sh, " + (directory.path() / "agent.sh").string() + "]");
    }
    Agents() = default;
    void declare(const std::string& driver, const std::string& command) {
        config = directory.write("agents.yaml", "agents:\n  a: {driver: " + driver +
                                                    ", grace: 1s, command: " + command + "}\n");
    }
    support::Finished check(std::vector<std::string> more = {}) {
        std::vector<std::string> arguments{"check-agent", "a", "--config", config};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments);
    }
};

} // namespace

TEST_CASE("an agent that works is found well", "[e2e][cli][check-agent]") {
    Agents cli("claude", claude_saying("\"apiKeySource\":\"ANTHROPIC_API_KEY\""));
    const auto checked = cli.check();
    INFO(checked.out << checked.err);
    CHECK(checked.exit_code == 0);
    CHECK_THAT(checked.out, Contains("ok      program    /") && Contains("sh\n") &&
                                Contains("ok      first line after ") &&
                                Contains("ok      version    9.9\n") &&
                                Contains("ok      login      by ANTHROPIC_API_KEY\n") &&
                                Contains("ok      end        it ended by itself"));
    const auto json = cli.json({"check-agent", "a", "--config", cli.config});
    CHECK(json.at("ok").as_bool());
    CHECK(json.at("findings").at(0).at("what") == "program");
}

TEST_CASE("an agent may be known to the database alone", "[e2e][cli][check-agent]") {
    CommandLine cli;
    cli.database.execute("insert into agentcron.agents (name, driver, config) values ('echo', "
                         "'command', '{\"command\":[\"cat\"]}')");
    CHECK_THAT(cli.out({"check-agent", "echo"}),
               Contains("unknown answers ") && Contains("--turn"));
    CHECK_THAT(cli.out({"check-agent", "echo", "--turn"}),
               Contains("ok      turn       exit code 0\n"));
    const auto nobody = cli.run({"check-agent", "ecko"});
    CHECK(nobody.exit_code == 4);
    CHECK_THAT(nobody.err, Contains("did you mean 'echo'?"));
    CHECK(cli.run({"check-agent", "echo", "--timeout", "60"}).exit_code == 2);
    CHECK(cli.run({"check-agent", "echo", "--timeout", "0s"}).exit_code == 2);
}

TEST_CASE("an agent that nobody logged in at fails with what to do", "[e2e][cli][check-agent]") {
    Agents cli("claude", claude_saying("\"tokenSource\":\"none\",\"apiProvider\":\"firstParty\""));
    const auto checked = cli.check();
    CHECK(checked.exit_code == 1);
    CHECK_THAT(checked.out, Contains("failed  login      not logged in\n") && Contains("/login"));
}

TEST_CASE("a program that is missing fails with what to do", "[e2e][cli][check-agent]") {
    Agents cli;
    cli.declare("claude", "[no-such-claude]");
    const auto checked = cli.check();
    CHECK(checked.exit_code == 1);
    CHECK_THAT(checked.out, Contains("failed  program    there is no no-such-claude to run\n") &&
                                Contains("PATH of the agent is "));
    CHECK_THAT(cli.check({"--json"}).out, Contains("\"ok\":false"));
}

TEST_CASE("an agent that leaves at once fails with its last words", "[e2e][cli][check-agent]") {
    Agents cli("codex", "echo not today >&2; exit 3");
    const auto checked = cli.check();
    CHECK(checked.exit_code == 1);
    CHECK_THAT(checked.out, Contains("failed  answers    before it answered it exited with code 3: "
                                     "not today\n"));
}

TEST_CASE("an agent that never answers is ended when its time is over", "[e2e][cli][check-agent]") {
    Agents cli("acp", "exec sleep 1000");
    const auto checked = cli.check({"--timeout", "1s"});
    CHECK(checked.exit_code == 1);
    CHECK_THAT(checked.out, Contains("failed  answers    it did not answer in the time it had\n") &&
                                Contains("failed  end        it was ended when its time was over"));
}

TEST_CASE("an agent that speaks another language fails with what it wrote",
          "[e2e][cli][check-agent]") {
    Agents cli("claude", "printf 'Welcome!\\033[2J\\377\\n{\"type\":\"hello\"}\\n'");
    const auto checked = cli.check();
    CHECK(checked.exit_code == 1);
    CHECK_THAT(checked.out, Contains("failed  answers    before it answered it exited with code 0; "
                                     "it wrote: Welcome!") &&
                                !Contains("\033"));
}

TEST_CASE("nothing of an agent is left after the check", "[e2e][cli][check-agent]") {
    Agents cli("acp", "trap '' TERM; setsid sh -c 'trap \"\" TERM; echo $$ > \"$0\"; "
                      "while :; do read x < \"$1\"; done' " +
                          std::string("\"$HOME/pid\" \"$HOME/gate\" & cat >/dev/null; wait"));
    REQUIRE(std::system(("mkfifo " + (cli.directory.path() / "gate").string()).c_str()) == 0);
    const auto checked = cli.check({"--timeout", "2s"});
    INFO(checked.out);
    CHECK(checked.exit_code == 1);
    std::ifstream in(cli.directory.path() / "pid");
    pid_t pid = 0;
    REQUIRE(in >> pid);
    CHECK(::kill(pid, 0) == -1);
    CHECK(errno == ESRCH);
}

TEST_CASE("a check that is interrupted leaves nothing either", "[e2e][cli][check-agent]") {
    Agents cli("acp", "echo $$ > pid.new; mv pid.new pid; echo here >&2; exec sleep 1000");
    const auto fifo = cli.directory.path() / "started";
    cli.directory.write("agent.sh", "echo $$ > '" + fifo.string() + "'; exec sleep 1000");
    REQUIRE(std::system(("mkfifo " + fifo.string()).c_str()) == 0);
    support::Program check(
        {support::agentcron_binary(), "check-agent", "a", "--config", cli.config}, cli.options());
    std::ifstream in(fifo); // waits for the agent
    pid_t pid = 0;
    REQUIRE(in >> pid);
    check.signal(SIGINT);
    CHECK(check.finish().exit_code == 130);
    CHECK(::kill(pid, 0) == -1);
    CHECK(errno == ESRCH);
}
