// Output of tasks, read and followed.
#include "db/client.hpp"
#include "e2e/cli_fixture.hpp"

#include <algorithm>
#include <csignal>
#include <poll.h>

using agentcron::e2e::CommandLine;
using Catch::Contains;
namespace db = agentcron::db;
namespace support = agentcron::support;

namespace {

void add_run(CommandLine& cli, const std::string& task, int run_no) {
    cli.database.execute("insert into agentcron.attempts (task_id, run_no, attempt, token, "
                         "worker_id) values (" +
                         task + ", " + std::to_string(run_no) + ", " + std::to_string(run_no) +
                         ", gen_random_uuid(), gen_random_uuid())");
}

void add_output(CommandLine& cli, const std::string& task, int run_no, int seq,
                const std::string& stream, const std::string& kind, const std::string& bytes) {
    cli.database.execute("insert into agentcron.output select output_day, task_id, run_no, " +
                         std::to_string(seq) + ", now(), '" + stream + "', '" + kind + "', '" +
                         bytes + "'::bytea from agentcron.attempts where task_id = " + task +
                         " and run_no = " + std::to_string(run_no));
}

} // namespace

TEST_CASE("logs gives the bytes in order, --raw apart by stream", "[e2e][cli]") {
    CommandLine cli;
    const auto id = cli.add_task("succeeded");
    add_run(cli, id, 1);
    add_output(cli, id, 1, 9, "err", "text", "oops\n");
    add_output(cli, id, 1, 4, "out", "text", "a\\000\\377\n");
    add_output(cli, id, 1, 12, "event", "tool", R"({"type": "tool", "name": "ls"})");
    using namespace std::string_literals;
    CHECK(cli.out({"logs", id}) == "a\0\xFF\noops\n[tool] name=\"ls\"\n"s);
    const auto raw = cli.run({"logs", id, "--raw"});
    CHECK(raw.out == "a\0\xFF\n"s);
    CHECK(raw.err == "oops\n");
    add_output(cli, id, 1, 20, "out", "tool", R"({"type": "tool"}  )");
    add_output(cli, id, 1, 21, "out", "check", "not the agent\n");
    CHECK(cli.out({"logs", id, "--raw"}) == "a\0\xFF\n{\"type\": \"tool\"}  "s);
    const auto json = cli.out({"logs", id, "--json"});
    CHECK_THAT(json, Contains(R"("event":{"type":"tool","name":"ls"})"));
    CHECK(std::count(json.begin(), json.end(), '\n') == 5);
}

TEST_CASE("logs can be of one attempt", "[e2e][cli]") {
    CommandLine cli;
    const auto id = cli.add_task("succeeded");
    add_run(cli, id, 1);
    add_run(cli, id, 2);
    add_output(cli, id, 1, 1, "out", "text", "first\n");
    add_output(cli, id, 2, 1, "out", "text", "second\n");
    CHECK(cli.out({"logs", id, "--attempt", "2"}) == "second\n");
    CHECK_THAT(cli.out({"logs", id}), Contains("first\n[run 2, attempt 2,"));
    const auto silent = cli.run({"logs", cli.add_task("failed", ", reason", ", 'spawn'")});
    CHECK(silent.exit_code == 0);
    CHECK_THAT(silent.err, Contains("no output; task 2 failed (spawn)"));
}

TEST_CASE("more output than one batch is read whole", "[e2e][cli]") {
    CommandLine cli;
    const auto id = cli.add_task("succeeded");
    add_run(cli, id, 1);
    cli.database.execute("insert into agentcron.output select output_day, task_id, run_no, n, "
                         "now(), 'out', 'text', (n || E'\\n')::bytea "
                         "from agentcron.attempts, generate_series(1, 1000) n");
    const auto out = cli.out({"logs", id});
    CHECK(std::count(out.begin(), out.end(), '\n') == 1000);
    CHECK(out.ends_with("\n999\n1000\n"));
}

TEST_CASE("logs -f shows what comes and ends with the task", "[e2e][cli]") {
    CommandLine cli;
    const auto id = cli.add_task("running");
    add_run(cli, id, 1);
    add_output(cli, id, 1, 1, "out", "text", "first\n");
    support::Program follower({support::agentcron_binary(), "logs", "-f", id}, cli.options());
    REQUIRE(follower.wait_for_output("first\n"));
    add_output(cli, id, 1, 7, "out", "text", "second\n");
    cli.database.execute("select pg_notify('agentcron_output', '" + id + "')");
    REQUIRE(follower.wait_for_output("second\n"));
    // Nothing is announced here: it is found by looking.
    add_output(cli, id, 1, 14, "out", "text", "third\n");
    cli.database.execute("update agentcron.tasks set status = 'failed', reason = 'exit_code', "
                         "message = 'exited with code 3', finished_at = now()");
    const auto finished = follower.finish();
    CHECK(finished.exit_code == 1);
    CHECK(finished.out == "first\nsecond\nthird\n");
    CHECK(finished.err == "task 1 failed (exit_code): exited with code 3\n");
}

TEST_CASE("whoever follows a task says so to its worker", "[e2e][cli]") {
    CommandLine cli;
    const auto id = cli.add_task("running");
    db::Client worker(cli.database.conninfo());
    worker.listen("agentcron");
    support::Program follower({support::agentcron_binary(), "logs", "-f", id}, cli.options());
    pollfd fd{worker.descriptor(), POLLIN, 0};
    REQUIRE(::poll(&fd, 1, 30'000) == 1);
    CHECK(worker.notifications() == std::vector<std::string>{"watch:" + id});
    cli.database.execute("update agentcron.tasks set status = 'succeeded', finished_at = now()");
    CHECK(follower.finish().exit_code == 0);
}

TEST_CASE("a follower outlives its session and shows each row once", "[e2e][cli]") {
    CommandLine cli;
    const auto id = cli.add_task("running");
    add_run(cli, id, 1);
    add_output(cli, id, 1, 1, "out", "text", "first\n");
    support::Program follower({support::agentcron_binary(), "logs", "-f", id}, cli.options());
    REQUIRE(follower.wait_for_output("first\n"));
    cli.database.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = "
                         "current_database() and pid <> pg_backend_pid()");
    add_output(cli, id, 1, 2, "out", "text", "second\n");
    REQUIRE(follower.wait_for_output("second\n"));
    cli.database.execute("update agentcron.tasks set status = 'succeeded', finished_at = now()");
    const auto finished = follower.finish();
    CHECK(finished.exit_code == 0);
    CHECK(finished.out == "first\nsecond\n");
    CHECK_THAT(finished.err, Contains("lost the database, waiting for it: ") &&
                                 Contains("the database is back\n"));
}

TEST_CASE("large rows are read in small batches", "[e2e][cli]") {
    CommandLine cli;
    const auto id = cli.add_task("succeeded");
    add_run(cli, id, 1);
    add_run(cli, id, 2);
    cli.database.execute("insert into agentcron.output select output_day, task_id, run_no, n, "
                         "now(), 'out', 'text', (repeat(n::text, 700000) || E'\\n')::bytea "
                         "from agentcron.attempts, generate_series(1, 5) n");
    const auto out = cli.out({"logs", id, "--raw"});
    REQUIRE(out.size() == 2 * 5 * 700'001u);
    CHECK(out.substr(700'000, 3) == "\n22");
    CHECK(out.substr(5 * 700'001u - 2, 4) == "5\n11");
    CHECK(cli.out({"logs", id, "--raw", "--attempt", "2"}).size() == 5 * 700'001u);
}

TEST_CASE("a follower that is interrupted leaves at once", "[e2e][cli]") {
    CommandLine cli;
    const auto id = cli.add_task("running");
    add_run(cli, id, 1);
    add_output(cli, id, 1, 1, "out", "text", "first\n");
    support::Program follower({support::agentcron_binary(), "logs", "-f", id}, cli.options());
    REQUIRE(follower.wait_for_output("first\n"));
    follower.signal(SIGINT);
    CHECK(follower.finish().exit_code == 130);
}
