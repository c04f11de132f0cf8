// Going on with conversations on the command line.
#include "e2e/cli_fixture.hpp"

#include <spdlog/fmt/fmt.h>

using agentcron::e2e::CommandLine;
using Catch::Contains;

namespace {

std::string task_with_session(CommandLine& cli, const std::string& driver,
                              const std::string& status = "succeeded") {
    cli.database.execute(
        fmt::format("insert into agentcron.agents (name, driver, config) values ('echo', '{}', "
                    "'{{\"command\": [\"claude\", \"--model\", \"my model\"], \"env\": {{\"HOME\": "
                    "\"/h\"}}}}')",
                    driver));
    const auto id = cli.add_task(status, ", session_id", ", 's-1'");
    cli.add_worker();
    cli.database.execute(
        "insert into agentcron.attempts (task_id, run_no, attempt, token, worker_id, directory) "
        "select " +
        id + ", 1, 1, gen_random_uuid(), id, '/my src' from agentcron.workers");
    return id;
}

} // namespace

TEST_CASE("a finished task is continued by a new one", "[e2e][cli]") {
    CommandLine cli;
    const auto id = task_with_session(cli, "claude");
    const auto made = cli.out({"continue", id, "-"}, "and now the tests\n");
    CHECK(made == "2\n");
    CHECK(cli.database.value("select spec ->> 'prompt' from agentcron.tasks where id = 2") ==
          "and now the tests");
    const auto shown = cli.json({"show", "2"});
    CHECK(shown.at("continues") == 1);
    CHECK(shown.at("trigger") == "continue");
    CHECK_THAT(cli.out({"show", "2"}), Contains("continues    1"));

    const auto rival = cli.run({"continue", id, "me too"});
    CHECK(rival.exit_code == 1);
    CHECK_THAT(rival.err, Contains("task 2 goes on with this conversation already; it is queued") &&
                              Contains("agentcron cancel 2"));
    const auto unfinished = cli.run({"continue", "2", "more"});
    CHECK(unfinished.exit_code == 1);
    CHECK_THAT(unfinished.err, Contains("task 2 is not finished; it is queued"));
    CHECK(cli.run({"continue", "99", "x"}).exit_code == 4);
    CHECK(cli.run({"continue", id, " "}).exit_code != 0);
}

TEST_CASE("the command that opens a conversation is printed for the shell", "[e2e][cli]") {
    CommandLine cli;
    const auto id = task_with_session(cli, "claude");
    const auto finished = cli.run({"resume-cmd", id});
    CHECK(finished.exit_code == 0);
    CHECK(finished.out == "cd '/my src' && HOME=/h claude --model 'my model' --resume s-1\n");
    CHECK_THAT(finished.err, Contains("the session is on here, not on this machine"));
    const auto told = cli.json({"resume-cmd", id});
    CHECK(told.at("argv").at(4) == "s-1");
    CHECK(told.at("directory") == "/my src");
    CHECK(told.at("host") == "here");

    cli.database.execute("update agentcron.tasks set status = 'running', finished_at = null");
    const auto running = cli.run({"resume-cmd", id});
    CHECK(running.exit_code == 0);
    CHECK_THAT(running.err, Contains("two programs in one session write over each other"));
}

TEST_CASE("a conversation without a command for terminals says so", "[e2e][cli]") {
    CommandLine cli;
    const auto id = task_with_session(cli, "jsonl");
    const auto finished = cli.run({"resume-cmd", id});
    CHECK(finished.exit_code == 1);
    CHECK(finished.out.empty());
    CHECK_THAT(finished.err, Contains("driver jsonl has no command for a terminal") &&
                                 Contains("agentcron continue " + id));
    cli.database.execute("update agentcron.tasks set session_id = null");
    const auto without = cli.run({"resume-cmd", id});
    CHECK(without.exit_code == 4);
    CHECK_THAT(without.err, Contains("task 1 has no conversation"));
    CHECK(cli.run({"resume-cmd", "99"}).exit_code == 4);
}
