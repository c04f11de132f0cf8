// The commands that read and change tasks, as scripts see them.
#include "e2e/cli_fixture.hpp"

using agentcron::e2e::CommandLine;
using Catch::Contains;

TEST_CASE("list shows the newest tasks last, as typed JSON too", "[e2e][cli]") {
    CommandLine cli;
    cli.add_task("succeeded", ", exit_code, cost_usd, result", ", 0, 0.25, '{\"files\": 3}'");
    cli.add_task("failed", ", reason, message", ", 'timeout', 'took too long'");
    const auto text = cli.out({"list"});
    CHECK_THAT(text, Contains("ID  SCHEDULE  AGENT  STATUS"));
    CHECK_THAT(text, Contains("failed (timeout)"));
    CHECK(text.find("succeeded") < text.find("failed"));

    const auto tasks = cli.json({"list"}).as_array();
    REQUIRE(tasks.size() == 2);
    CHECK(tasks[0].at("id") == 1);
    CHECK(tasks[0].at("cost_usd") == 0.25);
    CHECK(tasks[0].at("result").at("files") == 3);
    CHECK(tasks[0].at("fire_time").is_null());
    CHECK_THAT(std::string(tasks[0].at("started_at").as_string()), Contains("T") && Contains("Z"));
    CHECK(tasks[1].at("duration_s").to_number<double>() >= 60); // a minute, of the same transaction
    CHECK(tasks[1].at("duration_s").to_number<double>() < 61);
}

TEST_CASE("list filters by schedule, status and time", "[e2e][cli]") {
    CommandLine cli;
    cli.declare_schedule("nightly");
    cli.add_task("succeeded");
    cli.add_task("failed", ", reason", ", 'exit_code'");
    cli.database.execute("update agentcron.tasks set created_at = now() - interval '2 days' "
                         "where status = 'failed'");
    CHECK(cli.json({"list", "--status", "failed,cancelled"}).as_array().size() == 1);
    CHECK(cli.json({"list", "--since", "1d"}).as_array().size() == 1);
    CHECK(cli.json({"list", "--schedule", "nightly", "-n", "1"}).as_array().size() == 1);
    const auto none = cli.run({"list", "--status", "running"});
    CHECK(none.exit_code == 0);
    CHECK(none.out.empty());
    CHECK_THAT(none.err, Contains("no task fits these filters"));

    const auto misspelt = cli.run({"list", "--status", "faild"});
    CHECK(misspelt.exit_code == 2);
    CHECK_THAT(misspelt.err, Contains("did you mean") && Contains("failed"));
    const auto unknown = cli.run({"list", "--schedule", "nigthly"});
    CHECK(unknown.exit_code == 4);
    CHECK_THAT(unknown.err, Contains("nightly"));
}

TEST_CASE("show tells everything of one task", "[e2e][cli]") {
    CommandLine cli;
    const auto id = cli.add_task("succeeded", ", summary, result", ", 'all well', '{\"n\": [1]}'");
    cli.add_question(id);
    const auto text = cli.out({"show", id});
    CHECK_THAT(text, Contains("summary      all well"));
    CHECK_THAT(text, Contains("prompt\n  hello\n"));
    CHECK_THAT(text, Contains("\"n\": [\n"));
    CHECK_THAT(text, Contains("Which branch?"));
    const auto task = cli.json({"show", id});
    CHECK(task.at("result").at("n").at(0) == 1);
    CHECK(task.at("questions").as_array().size() == 1);
    CHECK(task.at("attempts").as_array().empty());
}

TEST_CASE("an id that is no number is wrong usage, one that is nobody's is not found",
          "[e2e][cli]") {
    CommandLine cli;
    for (const char* command : {"show", "logs", "cancel", "retry"}) {
        INFO(command);
        CHECK(cli.run({command, "abc"}).exit_code == 2);
        CHECK(cli.run({command, "-5"}).exit_code == 2);
        CHECK(cli.run({command, "0"}).exit_code == 2);
        CHECK(cli.run({command}).exit_code == 2);
        const auto nobody = cli.run({command, "99"});
        CHECK(nobody.exit_code == 4);
        CHECK_THAT(nobody.err, Contains("there is no task 99") && !Contains("ERROR"));
    }
}

TEST_CASE("cancel, retry and send say what the server says", "[e2e][cli]") {
    CommandLine cli;
    cli.declare_schedule("nightly");
    const auto id = cli.out({"trigger", "nightly", "--param", "repo=app"});
    CHECK(id == "1\n");
    CHECK(cli.database.value("select spec->'params'->>'repo' from agentcron.tasks") == "app");
    CHECK_THAT(cli.out({"cancel", "1", "--reason", "wrong"}), Contains("task 1 is cancelled"));
    CHECK(cli.database.value("select message from agentcron.tasks") == "wrong");
    const auto again = cli.run({"cancel", "1"});
    CHECK(again.exit_code == 1);
    CHECK(again.err == "agentcron: task 1 is already cancelled\n");
    CHECK_THAT(cli.out({"retry", "1"}), Contains("queued again"));
    CHECK(cli.json({"list"}).at(0).at("status") == "queued");
    const auto sent = cli.run({"send", "1", "hello"});
    CHECK(sent.exit_code == 1);
    CHECK_THAT(sent.err, Contains("has no running agent"));
}

TEST_CASE("trigger enqueues for an agent, with a prompt from stdin", "[e2e][cli]") {
    CommandLine cli;
    cli.declare_schedule("nightly");
    CHECK(cli.out({"trigger", "--agent", "echo", "--prompt", "-"}, "two\nlines\n") == "1\n");
    CHECK(cli.database.value("select spec->>'prompt' from agentcron.tasks") == "two\nlines");
    CHECK(cli.json({"trigger", "nightly"}).at("task_id") == 2);
    CHECK(cli.run({"trigger"}).exit_code == 2);
    CHECK(cli.run({"trigger", "nightly", "--agent", "echo"}).exit_code == 2);
    const auto unknown = cli.run({"trigger", "--agent", "nobody"});
    CHECK(unknown.exit_code == 4);
    CHECK_THAT(unknown.err, Contains("there is no agent \"nobody\"") && Contains("Declare it"));
}

TEST_CASE("a paused schedule says so until it is resumed", "[e2e][cli]") {
    CommandLine cli;
    cli.declare_schedule("nightly");
    cli.out({"pause", "nightly", "--reason", "release week"});
    const auto paused = cli.json({"list", "--schedules"}).at(0);
    CHECK(paused.at("state") == "paused");
    CHECK(paused.at("paused_reason") == "release week");
    CHECK_THAT(cli.out({"why", "nightly"}), Contains("release week"));
    CHECK(cli.json({"resume", "nightly"}).at("paused") == false);
    CHECK(cli.json({"list", "--schedules"}).at(0).at("state") == "unplanned");
    const auto unknown = cli.run({"pause", "nigthly"});
    CHECK(unknown.exit_code == 4);
    CHECK_THAT(unknown.err, Contains("did you mean") && Contains("nightly"));
}
