// YAML and cron expressions on the command line; most need no database.
#include "e2e/cli_fixture.hpp"

using agentcron::e2e::CommandLine;
using Catch::Contains;
namespace support = agentcron::support;

namespace {

constexpr const char* one_schedule = "agents:\n"
                                     "  echo: {driver: command, command: [cat]}\n"
                                     "schedules:\n"
                                     "  nightly: {cron: '30 2 * * *', agent: echo, prompt: hi}\n";

} // namespace

TEST_CASE("check says what fires next", "[e2e][cli]") {
    CommandLine cli;
    cli.directory.write("schedules/a.yaml", one_schedule);
    const auto text = cli.out({"check"});
    CHECK_THAT(text, Contains("nightly") && Contains("T02:30:00Z") &&
                         Contains("1 agents and 1 schedules"));
    const auto schedules = cli.json({"check"}).as_array();
    REQUIRE(schedules.size() == 1);
    CHECK(schedules[0].at("cron") == "30 2 * * *");
}

TEST_CASE("the examples are fine, and those that need a login are not enabled", "[e2e][cli]") {
    CommandLine cli;
    const auto schedules =
        cli.json({"check", "--config", AGENTCRON_SOURCE_DIR "/schedules"}).as_array();
    for (const auto& schedule : schedules) {
        const auto& agent = schedule.at("agent").as_string();
        INFO(std::string_view(agent));
        if (agent == "codex" || agent == "claude") CHECK_FALSE(schedule.at("enabled").as_bool());
    }
    CHECK_THAT(cli.out({"check", "--config", AGENTCRON_SOURCE_DIR "/schedules/review.yaml"}),
               Contains("review") && Contains("1 agents and 1 schedules in 1 files are fine"));
}

TEST_CASE("check names every mistake, a line each", "[e2e][cli]") {
    CommandLine cli;
    const auto file = cli.directory.write("bad.yaml", "agents:\n"
                                                      "  echo: {driver: comand, command: [cat]}\n"
                                                      "schedules:\n"
                                                      "  x: {cron: '61 * * * *', agent: ecko}\n");
    const auto checked = cli.run({"check", "--config", file});
    CHECK(checked.exit_code == 2);
    CHECK(checked.out.empty());
    CHECK_THAT(checked.err, Contains("bad.yaml:2:") && Contains("bad.yaml:4:"));
    const auto json = cli.run({"check", "--config", file, "--json"});
    CHECK(json.exit_code == 2);
    CHECK(boost::json::parse(json.out).as_array().size() >= 3);
    // The same for a command that only looks for `database:` there.
    support::ProgramOptions options;
    options.environment = {{"AGENTCRON_CONFIG", file}};
    const auto listed = support::run_agentcron({"list"}, options);
    CHECK(listed.exit_code == 2);
    CHECK_THAT(listed.err, Contains("bad.yaml:2:"));
}

TEST_CASE("the configuration may name the database", "[e2e][cli]") {
    CommandLine cli;
    cli.add_task("succeeded");
    const auto file = cli.directory.write("db.yaml", "database: \"" + cli.database.conninfo() +
                                                         "\"\n" + std::string(one_schedule));
    const auto listed = support::run_agentcron({"list", "--config", file, "--json"});
    INFO(listed.err);
    CHECK(listed.exit_code == 0);
    CHECK_THAT(listed.out, Contains("succeeded"));
}

TEST_CASE("apply writes the declarations and disables what left", "[e2e][cli]") {
    CommandLine cli;
    const auto file = cli.directory.write("schedules/a.yaml", one_schedule);
    CHECK_THAT(cli.out({"apply"}), Contains("added nightly"));
    CHECK(cli.json({"apply"}).at("inserted").as_array().empty());
    CHECK(cli.database.value("select source || ' ' || cron from agentcron.schedules") ==
          "yaml 30 2 * * *");
    cli.directory.write("schedules/a.yaml", "agents:\n  echo: {driver: command, command: [cat]}\n");
    CHECK_THAT(cli.out({"apply"}), Contains("disabled nightly"));
}

TEST_CASE("a name that a row inserted by SQL has is not taken over", "[e2e][cli]") {
    CommandLine cli;
    cli.declare_schedule("nightly");
    cli.directory.write("schedules/a.yaml", one_schedule);
    const auto applied = cli.run({"apply"});
    CHECK(applied.exit_code == 1);
    CHECK_THAT(applied.err, Contains("source = sql") && Contains("`nightly`"));
    CHECK(cli.database.value("select cron from agentcron.schedules") == "0 3 * * *");
}

TEST_CASE("next explains an expression and lists its fire times", "[e2e][cli]") {
    CommandLine cli;
    const auto text = cli.out({"next", "30 2 * * *", "--tz", "Europe/Berlin", "--from",
                               "2026-03-28T12:00:00Z", "--count", "2"});
    CHECK_THAT(text, Contains("At 02:30") && Contains("2026-03-29T01:00:00Z") &&
                         Contains("2026-03-30T00:30:00Z"));
    const auto json = cli.json({"next", "0 0 29 2 *", "--from", "2026-01-01", "--count", "1"});
    CHECK(json.at("next").at(0).at("utc") == "2028-02-29T00:00:00Z");
    CHECK(cli.run({"next", "61 * * * *"}).exit_code == 2);
    CHECK(cli.run({"next", "0 0 * * *", "--tz", "Europe/Berln"}).exit_code == 2);
    CHECK(cli.run({"next"}).exit_code == 2);
    CHECK_THAT(cli.run({"next", "0 0 30 2 *"}).err, Contains("never fires"));
}

TEST_CASE("next takes a schedule from the database", "[e2e][cli]") {
    CommandLine cli;
    cli.declare_schedule("nightly");
    CHECK_THAT(cli.out({"next", "--schedule", "nightly", "--from", "2026-03-28T12:00:00Z"}),
               Contains("2026-03-29T03:00:00Z"));
    CHECK(cli.run({"next", "--schedule", "nigthly"}).exit_code == 4);
}

TEST_CASE("next --stdin answers line by line", "[e2e][cli]") {
    CommandLine cli;
    CHECK(cli.out({"next", "--stdin"},
                  R"({"id":1,"expr":"0 3 * * *","from":"2026-01-01T00:00:00Z","count":2})"
                  "\n\nnonsense\n")
              .starts_with(R"({"id":1,"next":["2026-01-01T03:00:00Z","2026-01-02T03:00:00Z"]})"
                           "\n{\"id\":null,\"error\":"));
}

TEST_CASE("a crontab becomes YAML that check accepts", "[e2e][cli]") {
    CommandLine cli;
    const auto yaml = cli.out({"import-crontab", "-", "--tz", "Europe/Berlin"},
                              "CRON_TZ=Asia/Tokyo\n15 4 * * 1-5 /usr/bin/true --now\n");
    CHECK_THAT(yaml, Contains("Asia/Tokyo") && Contains("15 4 * * 1-5"));
    cli.directory.write("schedules/cron.yaml", yaml);
    CHECK_THAT(cli.out({"check"}), Contains("1 schedules"));
    CHECK(cli.run({"import-crontab", "/nonexistent"}).exit_code == 2);
}

TEST_CASE("schema is a JSON Schema", "[e2e][cli]") {
    CommandLine cli;
    const auto schema = boost::json::parse(cli.out({"schema"}));
    CHECK(schema.as_object().contains("$schema"));
    CHECK(schema.at("properties").as_object().contains("schedules"));
}
