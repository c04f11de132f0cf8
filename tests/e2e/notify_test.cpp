// Notifications by the real daemon.
#include "e2e/cli_fixture.hpp"

#include <fstream>
#include <iterator>

using agentcron::e2e::CommandLine;
namespace support = agentcron::support;

TEST_CASE("a daemon that schedules tells of a pause by the schedule's command", "[e2e][notify]") {
    CommandLine cli;
    const auto file = cli.directory.path() / "told";
    support::ProgramOptions options = cli.options();
    options.environment.emplace_back("PGAPPNAME", "secret");
    support::Program up({support::agentcron_binary(), "up"}, options);
    REQUIRE(up.wait_for_output("ready"));
    cli.declare_schedule("nightly");
    cli.database.execute("update agentcron.schedules set notify = jsonb_build_object('on', "
                         "'[\"paused\"]'::jsonb, 'command', jsonb_build_array('sh', '-c', "
                         "'cat >&2; env > \"$0\"; exit 0', '" +
                         file.string() + "'))");
    cli.out({"pause", "nightly", "--reason", "holidays"});
    REQUIRE(cli.database.wait_for_value("select state from agentcron.notifications", "delivered") ==
            "delivered");
    std::ifstream in(file);
    const std::string environment(std::istreambuf_iterator<char>(in), {});
    CHECK_THAT(environment, Catch::Contains("AGENTCRON_EVENT=paused\n") &&
                                Catch::Contains("AGENTCRON_MESSAGE=nightly was paused by "));
    CHECK(environment.find("AGENTCRON_DATABASE_URL") == std::string::npos);
    CHECK(environment.find("PGAPPNAME") == std::string::npos);
}
