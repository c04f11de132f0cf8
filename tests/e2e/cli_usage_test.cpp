// Help, wrong usage, databases that are not there.
#include "base/version.hpp"
#include "e2e/cli_fixture.hpp"

using agentcron::e2e::CommandLine;
using Catch::Contains;
namespace support = agentcron::support;

TEST_CASE("agentcron alone gives a short help", "[e2e][cli]") {
    const auto finished = support::run_agentcron({});
    CHECK(finished.exit_code == 0);
    CHECK_THAT(finished.out, Contains("agentcron up") && Contains("agentcron answer"));
    CHECK(finished.err.empty());
}

TEST_CASE("every command explains itself with examples", "[e2e][cli]") {
    const auto top = support::run_agentcron({"--help"});
    CHECK(top.exit_code == 0);
    for (const char* command :
         {"up",       "scheduler", "worker", "migrate",        "check",  "next",
          "apply",    "trigger",   "list",   "show",           "logs",   "why",
          "inbox",    "answer",    "ask",    "send",           "cancel", "retry",
          "pause",    "resume",    "sql",    "import-crontab", "schema", "upcoming",
          "backfill", "workspaces", "check-agent"}) {
        INFO(command);
        CHECK_THAT(top.out, Contains(command));
        const auto help = support::run_agentcron({command, "--help"});
        CHECK(help.exit_code == 0);
        CHECK_THAT(help.out, Contains("Examples:\n  ") && Contains("--database") &&
                                 Contains("--json") && Contains("--log-level"));
        const auto version = support::run_agentcron({command, "--version"});
        CHECK(version.exit_code == 0);
        CHECK(version.out == std::string(agentcron::base::version()) + "\n");
    }
}

TEST_CASE("wrong usage is named, with what was probably meant", "[e2e][cli]") {
    const auto command = support::run_agentcron({"--json", "lsit"});
    CHECK(command.exit_code == 2);
    CHECK(command.out.empty());
    CHECK_THAT(command.err, Contains("there is no command `lsit`") && Contains("list"));
    const auto option = support::run_agentcron({"logs", "--folow", "3"});
    CHECK(option.exit_code == 2);
    CHECK_THAT(option.err, Contains("--folow") && Contains("--follow"));
    const auto extra = support::run_agentcron({"show", "3", "4"});
    CHECK(extra.exit_code == 2);
    CHECK_THAT(extra.err, Contains("`4`") && Contains("agentcron show --help"));
    CHECK(support::run_agentcron({"list", "--log-level", "loud"}).exit_code == 2);
}

TEST_CASE("a database that cannot be reached ends with exit code 3", "[e2e][cli]") {
    const support::TemporaryDirectory nowhere;
    const auto finished = support::run_agentcron(
        {"list", "--database", "host=" + nowhere.path().string() + " dbname=x"});
    CHECK(finished.exit_code == 3);
    CHECK_THAT(finished.err, Contains("--database") && Contains("No such file or directory"));
}

TEST_CASE("without any database the reader is told how to get one", "[e2e][cli]") {
    const support::TemporaryDirectory home;
    support::ProgramOptions options;
    options.environment = {{"AGENTCRON_STATE_DIR", home.path() / "state"}};
    const auto finished = support::run_agentcron({"list"}, options);
    CHECK(finished.exit_code == 3);
    CHECK_THAT(finished.err, Contains("agentcron up") && Contains("--database"));
}

TEST_CASE("a malformed connection string is wrong usage", "[e2e][cli]") {
    const auto finished = support::run_agentcron({"list", "--database", "host"});
    CHECK(finished.exit_code == 2);
    CHECK_THAT(finished.err, Contains("--database: not a connection string"));
}

TEST_CASE("a schema that is missing or newer is refused", "[e2e][cli]") {
    support::TestDatabase empty(support::TestDatabase::Schema::none);
    const auto missing = support::run_agentcron({"list", "--database", empty.conninfo()});
    CHECK(missing.exit_code == 2);
    CHECK_THAT(missing.err, Contains("agentcron migrate"));

    CommandLine cli;
    cli.database.execute("insert into agentcron.schema_migrations (version, name, checksum) "
                         "values (9999, 'of_tomorrow', 'x')");
    const auto newer = cli.run({"list"});
    CHECK(newer.exit_code == 2);
    CHECK_THAT(newer.err, Contains("9999"));
}

TEST_CASE("migrate makes the schema, says so, and does nothing the second time", "[e2e][cli]") {
    support::TestDatabase empty(support::TestDatabase::Schema::none);
    const auto migrate = [&](const char* option) {
        return support::run_agentcron({"migrate", option, "--database", empty.conninfo()});
    };
    const auto dry = migrate("--dry-run");
    CHECK(dry.exit_code == 0);
    CHECK_THAT(dry.out, Contains("would apply 0001 tables"));
    CHECK(empty.value("select to_regnamespace('agentcron')").empty());
    CHECK_THAT(migrate("--json").out, Contains(R"({"version":1,"name":"tables"})"));
    CHECK_THAT(migrate("--dry-run").out, Contains("up to date"));
    CHECK(migrate("--json").out == "[]\n");
}

TEST_CASE("sql opens psql on the database with agentcron's search path", "[e2e][cli]") {
    CommandLine cli;
    cli.add_task("succeeded");
    CHECK(cli.out({"sql", "-c", "select status from task_history", "--", "-At"}) == "succeeded\n");
    CHECK(cli.out({"sql", "--", "-At"}, "select count(*) from tasks;\n") == "1\n");
    CHECK(cli.run({"sql", "-c", "select nonsense"}).exit_code == 1);
    CHECK(cli.run({"sql", "--json"}).exit_code == 2);
}

TEST_CASE("without a database there is a private one, which stops with its last user",
          "[e2e][cli]") {
    const support::TemporaryDirectory home;
    support::ProgramOptions options;
    options.environment = {{"AGENTCRON_STATE_DIR", home.path() / "state"}};
    const auto pid_file = home.path() / "state/postgres/data/postmaster.pid";
    CHECK_THAT(support::run_agentcron({"migrate", "--dry-run"}, options).out,
               Contains("would apply 0001 tables"));
    CHECK_FALSE(std::filesystem::exists(home.path() / "state/postgres"));
    const auto migrated = support::run_agentcron({"migrate"}, options);
    INFO(migrated.err);
    CHECK(migrated.exit_code == 0);
    CHECK_FALSE(std::filesystem::exists(pid_file));

    const auto psql =
        support::run_agentcron({"sql", "-c", "select count(*) from tasks", "--", "-At"}, options);
    CHECK(psql.exit_code == 0);
    CHECK(psql.out == "0\n");
    CHECK(support::run_agentcron({"sql", "-c", "nonsense"}, options).exit_code == 1);
    CHECK(support::run_agentcron({"show", "1"}, options).exit_code == 4);
    CHECK_FALSE(std::filesystem::exists(pid_file));
}
