// Questions and answers on the command line.
#include "e2e/cli_fixture.hpp"

using agentcron::e2e::CommandLine;
using Catch::Contains;

namespace {

constexpr const char* branches = R"([{"value": "main", "label": "The main branch"}, "next"])";

std::string answer_of(CommandLine& cli) {
    return cli.database.value("select answer from agentcron.questions");
}

} // namespace

TEST_CASE("the inbox shows each question with its options and how to answer", "[e2e][cli]") {
    CommandLine cli;
    const auto empty = cli.run({"inbox"});
    CHECK(empty.exit_code == 0);
    CHECK_THAT(empty.err, Contains("nothing waits for an answer"));
    CHECK(cli.out({"inbox", "--json"}) == "[]\n");

    const auto id = cli.add_task("waiting_for_input");
    cli.add_question(id, "choice", branches);
    CHECK_THAT(cli.out({"inbox"}), Contains("Which branch?") &&
                                       Contains("  1. main - The main branch\n  2. next\n") &&
                                       Contains("agentcron answer " + id));
    const auto inbox = cli.json({"inbox"}).as_array();
    REQUIRE(inbox.size() == 1);
    CHECK(inbox[0].at("parked") == true);
    CHECK(inbox[0].at("options").at(0).at("value") == "main");
}

TEST_CASE("an answer is matched with the options and resumes the task", "[e2e][cli]") {
    CommandLine cli;
    const auto id = cli.add_task("waiting_for_input");
    cli.add_question(id, "choice", branches);
    const auto wrong = cli.run({"answer", id, "mian"});
    CHECK(wrong.exit_code == 2);
    CHECK_THAT(wrong.err, Contains("1. main - The main branch") && Contains("--force"));
    CHECK_THAT(cli.out({"answer", id, "the main branch"}), Contains("answered task 1: main"));
    CHECK(answer_of(cli) == "main");
    CHECK(cli.database.value("select answered_via from agentcron.questions") == "cli");
    CHECK(cli.database.value("select status from agentcron.tasks") == "queued");
}

TEST_CASE("the second answer is told who was first", "[e2e][cli]") {
    CommandLine cli;
    const auto id = cli.add_task("waiting_for_input");
    cli.add_question(id);
    cli.out({"answer", id, "yes"});
    const auto second = cli.run({"answer", id, "no"});
    CHECK(second.exit_code == 1);
    CHECK_THAT(second.err, Contains("was already answered by") && Contains(": yes"));
    CHECK(answer_of(cli) == "yes");
}

TEST_CASE("an answer comes from stdin, and any text with --force", "[e2e][cli]") {
    CommandLine cli;
    const auto id = cli.add_task("waiting_for_input");
    cli.add_question(id, "choice", branches);
    cli.out({"answer", id, "-", "--force"}, "neither,\nrather both\n");
    CHECK(answer_of(cli) == "neither,\nrather both");
}

TEST_CASE("of several questions one can be named", "[e2e][cli]") {
    CommandLine cli;
    const auto id = cli.add_task("waiting_for_input");
    cli.add_question(id);
    const auto second = cli.add_question(id);
    cli.out({"answer", id, "yes", "--question", second});
    CHECK(cli.database.value("select id from agentcron.questions where answer = 'yes'") == second);
    cli.out({"answer", id, "--", "-1"});
    CHECK(cli.database.value("select count(*) from agentcron.questions where answer = '-1'") ==
          "1");
}

TEST_CASE("an answer to a task that does not wait is refused", "[e2e][cli]") {
    CommandLine cli;
    const auto id = cli.add_task("succeeded");
    const auto refused = cli.run({"answer", id, "yes"});
    CHECK(refused.exit_code == 1);
    CHECK_THAT(refused.err, Contains("does not wait for an answer; it is succeeded"));
    CHECK(cli.run({"answer", "99", "yes"}).exit_code == 4);
}

TEST_CASE("ask outside an agent is wrong usage", "[e2e][cli]") {
    CommandLine cli;
    const auto refused = cli.run({"ask", "Which branch?", "--option", "main"});
    CHECK(refused.exit_code == 2);
    CHECK_THAT(refused.err, Contains("not inside an agent"));
}
