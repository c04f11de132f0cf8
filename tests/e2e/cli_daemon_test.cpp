// The commands beside a living daemon: what agents write, ask and get told.
#include "e2e/cli_fixture.hpp"

#include <csignal>
#include <sys/stat.h>

using agentcron::e2e::CommandLine;
using Catch::Contains;
namespace support = agentcron::support;

namespace {

// A daemon whose agent `sh` runs the prompt as a shell script.
class Daemon {
public:
    explicit Daemon(CommandLine& cli)
        : config_(cli.directory.write("agents.yaml",
                                      "agents:\n"
                                      "  sh:\n"
                                      "    driver: command\n"
                                      "    command: [sh, -s]\n"
                                      "schedules:\n"
                                      "  asks:\n"
                                      "    cron: '@yearly'\n"
                                      "    agent: sh\n"
                                      "    hold: 1s\n"
                                      // Without the trap the shell dies of SIGTERM at once, perhaps
                                      // before its child has said a word.
                                      "    prompt: \"trap : TERM; agentcron ask 'Well?'\"\n"))
        , up_({support::agentcron_binary(), "up", "--config", config_, "--slots", "2"},
              cli.options()) {
        REQUIRE(up_.wait_for_output("ready"));
    }
    support::Program& up() { return up_; }

private:
    std::filesystem::path config_;
    support::Program up_;
};

std::string trigger(CommandLine& cli, const std::string& script) {
    auto id = cli.out({"trigger", "--agent", "sh", "--prompt", "-"}, script);
    id.pop_back();
    return id;
}

std::string status_of(CommandLine& cli, const std::string& id, const std::string& wanted) {
    return cli.database.wait_for_value("select status from agentcron.tasks where id = " + id,
                                       wanted);
}

} // namespace

TEST_CASE("trigger --wait shows the output and ends as the task does", "[e2e][cli][daemon]") {
    CommandLine cli;
    const Daemon daemon(cli);
    const auto good =
        cli.run({"trigger", "--agent", "sh", "--prompt", "echo one; echo two >&2", "--wait"});
    CHECK(good.exit_code == 0);
    CHECK_THAT(good.out, Contains("one\n") && Contains("two\n"));
    CHECK_THAT(good.err, Contains("task 1\n") && Contains("task 1 succeeded"));
    const auto bad =
        cli.run({"trigger", "--agent", "sh", "--prompt", "echo no >&2; exit 3", "--wait"});
    CHECK(bad.exit_code == 1);
    CHECK_THAT(bad.err, Contains("task 2 failed (exit_code)") && Contains("no"));
}

TEST_CASE("output is seen while the agent runs", "[e2e][cli][daemon]") {
    CommandLine cli;
    const Daemon daemon(cli);
    const auto gate = cli.directory.path() / "gate";
    REQUIRE(::mkfifo(gate.c_str(), 0600) == 0);
    const auto id = trigger(cli, "echo before; read line <" + gate.string() + "; echo $line");
    support::Program follower({support::agentcron_binary(), "logs", "-f", id}, cli.options());
    REQUIRE(follower.wait_for_output("before\n"));
    CHECK(follower.out() == "before\n");
    cli.directory.write("gate", "after\n");
    const auto finished = follower.finish();
    CHECK(finished.exit_code == 0);
    CHECK(finished.out == "before\nafter\n");
}

TEST_CASE("ask in an agent prints the answer that a person gives", "[e2e][cli][daemon]") {
    CommandLine cli;
    const Daemon daemon(cli);
    const auto id = trigger(cli, "answer=$(agentcron ask 'Which branch?' --option main "
                                 "--option next --default next --detail 'It matters.')\n"
                                 "echo \"got $answer, code $?\"\n");
    REQUIRE(status_of(cli, id, "waiting_for_input") == "waiting_for_input");
    CHECK_THAT(cli.out({"inbox"}), Contains("Which branch?") && Contains("    It matters.") &&
                                       Contains("2. next (default)"));
    cli.out({"answer", id, "1"});
    CHECK(status_of(cli, id, "succeeded") == "succeeded");
    CHECK(cli.out({"logs", id, "--raw"}) == "got main, code 0\n");
}

TEST_CASE("ask --park leaves at once, and the answer starts a new leg", "[e2e][cli][daemon]") {
    CommandLine cli;
    const Daemon daemon(cli);
    const auto id = trigger(cli, "if [ -n \"$AGENTCRON_ANSWER\" ]; then echo \"leg two: "
                                 "$AGENTCRON_ANSWER\"; exit 0; fi\n"
                                 "agentcron ask 'Which customer?' --park || exit\n"
                                 "echo 'never here'\n");
    REQUIRE(
        cli.database.wait_for_value("select outcome from agentcron.attempts where task_id = " + id,
                                    "parked") == "parked");
    CHECK(cli.json({"inbox"}).at(0).at("parked") == true);
    CHECK_THAT(cli.out({"logs", id}), Contains("Stop now, with exit code 75"));
    cli.out({"answer", id, "ACME"});
    CHECK(status_of(cli, id, "succeeded") == "succeeded");
    CHECK_THAT(cli.out({"logs", id, "--raw"}), Contains("leg two: ACME"));
}

TEST_CASE("an ask that is not answered within the hold is told to stop", "[e2e][cli][daemon]") {
    CommandLine cli;
    const Daemon daemon(cli);
    auto id = cli.out({"trigger", "asks"});
    id.pop_back();
    REQUIRE(
        cli.database.wait_for_value("select outcome from agentcron.attempts where task_id = " + id,
                                    "parked") == "parked");
    CHECK_THAT(cli.out({"logs", id}), Contains("Stop now, with exit code 75"));
    CHECK(cli.json({"inbox"}).at(0).at("headline") == "Well?");
}

TEST_CASE("an ask that nobody answers takes its default in time", "[e2e][cli][daemon]") {
    CommandLine cli;
    const Daemon daemon(cli);
    const auto script = "agentcron ask 'Go on?' --default yes --timeout 1s; echo \"code $?\"\n"
                        "agentcron ask 'Really?' --timeout 1s; echo \"code $?\"\n";
    const auto finished = cli.run({"trigger", "--agent", "sh", "--prompt", script, "--wait"});
    CHECK(finished.exit_code == 0);
    CHECK_THAT(finished.out, Contains("yes\n") && Contains("code 0\n") &&
                                 Contains("nobody answered within 1s") && Contains("code 1\n"));
    CHECK(cli.database.value("select count(*) from agentcron.questions "
                             "where outcome = 'withdrawn'") == "2");
}

TEST_CASE("an ask whose question expires ends with 1, or with its default", "[e2e][cli][daemon]") {
    CommandLine cli;
    const Daemon daemon(cli);
    const std::string script = "agentcron ask 'Go on?' --default yes; echo \"code $?\"\n"
                               "agentcron ask 'Really?'; echo \"code $?\"\n";
    const auto id = cli.database.value("select agentcron.enqueue('sh', $$" + script +
                                       "$$, options => '{\"on_input_timeout\":\"continue\"}')");
    for (const char* headline : {"Go on?", "Really?"}) {
        REQUIRE(cli.database.wait_for_value("select headline from agentcron.inbox", headline) ==
                headline);
        cli.database.execute(
            "update agentcron.questions set outcome = 'expired', closed_at = now() "
            "where outcome is null");
        cli.database.execute("select agentcron.wake('signal')");
    }
    CHECK(status_of(cli, id, "succeeded") == "succeeded");
    CHECK(cli.database.value("select string_agg(text, '' order by seq) from agentcron.task_log "
                             "where stream = 'out'") == "yes\ncode 0\ncode 1\n");
    CHECK_THAT(cli.out({"logs", id}),
               Contains("nobody answered in time; the default is taken") &&
                   Contains("nobody answered in time; go on without an answer"));
}

TEST_CASE("cancel ends a running agent", "[e2e][cli][daemon]") {
    CommandLine cli;
    const Daemon daemon(cli);
    const auto id = trigger(cli, "echo started; exec tail -f /dev/null");
    support::Program follower({support::agentcron_binary(), "logs", "-f", id}, cli.options());
    REQUIRE(follower.wait_for_output("started"));
    CHECK_THAT(cli.out({"cancel", id, "--reason", "enough"}), Contains("is being cancelled"));
    const auto finished = follower.finish();
    CHECK(finished.exit_code == 1);
    CHECK_THAT(finished.err, Contains("cancelled (user)"));
}

TEST_CASE("list names workers and agents", "[e2e][cli][daemon]") {
    CommandLine cli;
    const Daemon daemon(cli);
    const auto workers = cli.json({"list", "--workers"}).as_array();
    REQUIRE(workers.size() == 1);
    CHECK(workers[0].at("state") == "alive");
    CHECK(workers[0].at("slots") == 2);
    CHECK(cli.json({"list", "--agents"}).at(0).at("command").at(0) == "sh");
}

TEST_CASE("a daemon writes one line per event and ends with SIGTERM in order",
          "[e2e][cli][daemon]") {
    CommandLine cli;
    Daemon daemon(cli);
    daemon.up().signal(SIGTERM);
    const auto finished = daemon.up().finish();
    CHECK(finished.exit_code == 0);
    CHECK_THAT(finished.err, Catch::StartsWith("20") && Contains("Z info "));
}
