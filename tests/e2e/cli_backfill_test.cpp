// Backfills on the command line; the scheduler's part is played by the test.
#include "e2e/cli_fixture.hpp"

#include <csignal>

using agentcron::e2e::CommandLine;
using Catch::Contains;
namespace support = agentcron::support;

namespace {

constexpr const char* march_1 = "2026-03-01T00:00:00Z";
constexpr const char* march_4 = "2026-03-04T00:00:00Z";

const std::string succeeded =
    "status = 'succeeded', reason = '', trigger = 'backfill', run_at = now(), started_at = now()";

class Nightly : public CommandLine {
public:
    Nightly() { declare_schedule("nightly"); }
    support::Program start() {
        return {{support::agentcron_binary(), "backfill", "nightly", march_1, march_4}, options()};
    }
    std::string wait_for_wish() {
        return database.wait_for_value("select count(*) from agentcron.backfills", "1");
    }
    // As a scheduler that has made all its tasks.
    void end_making() {
        database.execute("update agentcron.backfills set finished_at = now(), made = 3, cursor = "
                         "to_at");
    }
};

} // namespace

TEST_CASE("a dry run says what a backfill would do, and does nothing", "[e2e][cli]") {
    Nightly cli;
    cli.add_due("nightly", "2026-03-01 03:00Z");
    cli.add_due("nightly", "2026-03-02 03:00Z", succeeded);
    const auto rows = cli.json({"backfill", "nightly", march_1, march_4, "--dry-run"}).as_array();
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].at("intent") == "run (was skipped)");
    CHECK(rows[0].at("task_id") == 1);
    CHECK(rows[1].at("intent") == "keep");
    CHECK(rows[2].at("intent") == "run");
    CHECK(rows[2].at("fire_time") == "2026-03-03T03:00:00Z");
    CHECK_THAT(cli.out({"backfill", "nightly", march_1, march_4, "--dry-run"}),
               Contains("skipped (overlap)"));
    const auto empty = cli.run(
        {"backfill", "nightly", "2026-03-01T04:00:00Z", "2026-03-02T03:00:00Z", "--dry-run"});
    CHECK_THAT(empty.err, Contains("it fires at no time of that span"));
    CHECK(cli.database.value("select count(*) from agentcron.backfills") == "0");
}

TEST_CASE("a backfill is followed until its tasks have ended", "[e2e][cli]") {
    Nightly cli;
    auto program = cli.start();
    CHECK(program.wait_for_output("no scheduler is alive"));
    REQUIRE(cli.wait_for_wish() == "1");
    for (const char* day : {"1", "2", "3"})
        cli.add_due("nightly", "2026-03-0" + std::string(day) + " 03:00Z", succeeded);
    cli.end_making();
    const auto finished = program.finish();
    CHECK(finished.exit_code == 0);
    CHECK_THAT(finished.out, Contains("backfill 1 has finished: 3 made, 3 succeeded, 0 failed"));
    CHECK_THAT(finished.err, Contains("0 made, 0 succeeded"));
}

TEST_CASE("a backfill with a failed task ends with 1, one with an error says it", "[e2e][cli]") {
    Nightly cli;
    {
        auto program = cli.start();
        REQUIRE(cli.wait_for_wish() == "1");
        cli.add_due("nightly", "2026-03-01 03:00Z",
                    succeeded + "; status = 'failed', reason = 'exit_code'");
        cli.end_making();
        const auto finished = program.finish();
        CHECK(finished.exit_code == 1);
        CHECK_THAT(finished.out, Contains("1 failed"));
    }
    auto program = cli.start();
    REQUIRE(cli.database.wait_for_value("select max(id) from agentcron.backfills", "2") == "2");
    cli.database.execute("update agentcron.backfills set finished_at = now(), error = 'no zone' "
                         "where id = 2");
    const auto finished = program.finish();
    CHECK(finished.exit_code == 1);
    CHECK_THAT(finished.err, Contains("agentcron: backfill 2: no zone"));
}

TEST_CASE("Ctrl-C leaves a backfill going and says how to look again", "[e2e][cli]") {
    Nightly cli;
    auto program = cli.start();
    REQUIRE(program.wait_for_output("0 made"));
    program.signal(SIGINT);
    const auto interrupted = program.finish();
    CHECK(interrupted.exit_code == 130);
    CHECK_THAT(interrupted.err,
               Contains("backfill 1 goes on without this command") &&
                   Contains("agentcron backfill nightly 2026-03-01T00:00:00Z 2026"));
    CHECK(cli.database.value("select state from agentcron.backfill_status") == "making");
    // The same words look again, and make nothing twice.
    const auto again = cli.json({"backfill", "nightly", march_1, march_4, "--detach"});
    CHECK(again.at("id") == 1);
    CHECK(again.at("state") == "making");
}

TEST_CASE("a backfill's options are kept, wrong ones are refused", "[e2e][cli]") {
    Nightly cli;
    const auto begun = cli.run({"backfill", "nightly", march_1, march_4, "--detach", "--overlap",
                                "allow", "--at-once", "2", "--priority", "7"});
    CHECK(begun.exit_code == 0);
    CHECK_THAT(begun.out, Contains("backfill 1 has begun"));
    CHECK_THAT(begun.err, Contains("no scheduler is alive"));
    CHECK(cli.database.value("select overlap || at_once || priority from agentcron.backfills") ==
          "allow27");
    CHECK(cli.run({"backfill", "nightly", march_4, march_1}).exit_code == 2);
    CHECK(cli.run({"backfill", "nightly", march_1, "2099-01-01"}).exit_code == 2);
    CHECK(cli.run({"backfill", "nightly", march_1}).exit_code == 2);
    CHECK(cli.run({"backfill", "nightly", march_1, march_4, "--overlap", "some"}).exit_code == 2);
    const auto unknown = cli.run({"backfill", "nigthly", march_1, march_4});
    CHECK(unknown.exit_code == 4);
    CHECK_THAT(unknown.err, Contains("did you mean 'nightly'"));
}
