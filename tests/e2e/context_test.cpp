// The example of `context`, with a real daemon.
#include "e2e/cli_fixture.hpp"

using agentcron::e2e::CommandLine;
using Catch::Contains;
namespace support = agentcron::support;

TEST_CASE("the morning summary knows what failed and who waits", "[e2e][context]") {
    CommandLine cli;
    cli.database.execute("select agentcron.make_context_role()");
    cli.add_task("failed", ", reason, message", ", 'exit_code', 'no disk'");
    cli.add_question(cli.add_task("waiting_for_input"));
    support::Program up({support::agentcron_binary(), "up", "--config",
                         AGENTCRON_SOURCE_DIR "/schedules/morning.yaml", "--slots", "2"},
                        cli.options());
    REQUIRE(up.wait_for_output("ready"));
    const auto said = cli.out({"trigger", "morning", "--wait"});
    CHECK_THAT(said, Contains("nightly: 1 ran, 1 failed: no disk\n") &&
                         Contains("task 2 has waited 00:00:00: Which branch?\n"));
    const std::string of_last = " from agentcron.task_history where schedule = 'morning' "
                                "order by id desc limit 1";
    CHECK(cli.database.value("select summary" + of_last) == "1 ran, 1 failed, 1 wait for a person");
    // The next one asks what ended since.
    CHECK(cli.out({"trigger", "morning", "--wait"}).find("nightly") == std::string::npos);
    CHECK_THAT(cli.database.value("select summary" + of_last),
               Contains(" ran, 0 failed, 1 wait for a person"));
}
