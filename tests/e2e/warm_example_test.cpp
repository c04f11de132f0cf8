// schedules/warm.yaml as it stands.
#include "e2e/cli_fixture.hpp"

using agentcron::e2e::CommandLine;
using Catch::Contains;
namespace support = agentcron::support;

namespace {

std::string summary_of(CommandLine& cli, const std::string& numbers) {
    auto task = cli.out({"trigger", "--agent", "warm", "--prompt", numbers});
    task.pop_back();
    REQUIRE(cli.database.wait_for_value("select status from agentcron.tasks where id = " + task,
                                        "succeeded") == "succeeded");
    return cli.database.value("select summary from agentcron.tasks where id = " + task);
}

// "... of this process, which imported for 0.12 s": the same for all its tasks.
std::string process_of(const std::string& summary) {
    return summary.substr(summary.find(" of this process"));
}

} // namespace

TEST_CASE("the warm example imports once for all its tasks", "[e2e][warm]") {
    CommandLine cli;
    support::Program up({support::agentcron_binary(), "up", "--config",
                         AGENTCRON_SOURCE_DIR "/schedules/warm.yaml", "--slots", "1"},
                        cli.options());
    REQUIRE(up.wait_for_output("ready"));
    const auto first = summary_of(cli, "3 1 4 1");
    const auto second = summary_of(cli, "2.5 7.5");
    CHECK_THAT(first, Catch::StartsWith("mean 2.25; task "));
    CHECK_THAT(second, Catch::StartsWith("mean 5; task "));
    CHECK(process_of(first) == process_of(second));
    CHECK(first.substr(0, first.find(" of")) != second.substr(0, second.find(" of")));
    auto task = cli.out({"trigger", "--agent", "warm", "--prompt", "three"});
    task.pop_back();
    CHECK(cli.database.wait_for_value("select status from agentcron.tasks where id = " + task,
                                      "failed") == "failed");
    CHECK_THAT(cli.database.value("select message from agentcron.tasks where id = " + task),
               Contains("cannot do that"));
}
