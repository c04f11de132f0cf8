// Chains on the command line: one task to people, with steps that can be looked into.
#include "e2e/cli_fixture.hpp"

using agentcron::e2e::CommandLine;
using Catch::Contains;
namespace support = agentcron::support;

namespace {

// Task 1 is a chain of parse (task 2), extract (3) and store (4); parse has succeeded.
class Chain : public CommandLine {
public:
    Chain() {
        declare_schedule("nightly");
        database.execute("update agentcron.schedules set steps = '[{\"name\": \"parse\"}, "
                         "{\"name\": \"extract\"}, {\"name\": \"store\"}]'");
        add_task("running", ", trigger", ", 'manual'");
        database.execute("update agentcron.tasks set spec = '{\"steps\": [{}, {}, {}]}'");
        database.execute("insert into agentcron.chains (task_id) values (1)");
        add_task("succeeded", step_columns, ", 'step', 1, 1, 'parse', '{\"words\": 12}', null");
        add_task("running", step_columns, ", 'step', 1, 2, 'extract', null, '{\"parse\": 1}'");
        add_task("running", step_columns, ", 'step', 1, 3, 'store', null, null");
        database.execute("update agentcron.tasks set status = 'blocked', reason = 'upstream', "
                         "started_at = null where id = 4");
        database.execute("select agentcron.ensure_output_partitions()");
        write("2", "parsed\n");
        write("3", "extracted\n");
    }
    void write(const std::string& task, const std::string& text) {
        database.execute("insert into agentcron.attempts (task_id, run_no, attempt, token, "
                         "worker_id) values (" +
                         task +
                         ", 1, 1, gen_random_uuid(), "
                         "gen_random_uuid()) on conflict do nothing");
        database.execute("insert into agentcron.output (day, task_id, run_no, seq, at, stream, "
                         "kind, body) select output_day, task_id, 1, 1, now(), 'out', 'text', '" +
                         text + "'::bytea from agentcron.attempts where task_id = " + task);
    }
    void set(const std::string& task, const std::string& assignments) {
        database.execute("update agentcron.tasks set " + assignments + " where id = " + task);
    }

private:
    static constexpr const char* step_columns =
        ", trigger, chain_id, step_no, step, result, inputs";
};

} // namespace

TEST_CASE("a chain is one task with steps", "[e2e][cli][chain]") {
    Chain cli;
    CHECK(cli.json({"list"}).as_array().size() == 1);
    const auto chain = cli.json({"show", "1"});
    REQUIRE(chain.at("steps").as_array().size() == 3);
    CHECK(chain.at("steps").at(0).at("result").at("words") == 12);
    CHECK(chain.at("steps").at(1).at("task_id") == 3);
    CHECK_THAT(cli.out({"show", "1"}), Contains("\nsteps\n") && Contains("blocked (upstream)"));
    const auto step = cli.out({"show", "3"});
    CHECK_THAT(step, Contains("step         extract") &&
                         Contains("step 2 of the chain: agentcron show 1") &&
                         Contains("\ninputs\n") && Contains("\"parse\": 1"));
    CHECK(cli.json({"show", "3"}).at("inputs").at("parse") == 1);
    CHECK(cli.database.value("select string_agg(step || ' ' || status, ', ' order by step_no) from "
                             "agentcron.step_history where task_id = 1") ==
          "parse succeeded, extract running, store blocked");
}

TEST_CASE("running shows chains, and steps by their name", "[e2e][cli][chain]") {
    Chain cli;
    cli.database.execute("insert into agentcron.leases (task_id, run_no, token, worker_id, agent, "
                         "lease_until) select task_id, run_no, token, worker_id, 'echo', now() "
                         "from agentcron.attempts where task_id = 3");
    CHECK(cli.database.value("select string_agg(id || coalesce(' ' || step, ''), ', ' order by id) "
                             "from agentcron.running") == "1, 3 extract");
    CHECK(cli.database.value("select step from agentcron.attempt_history where task_id = 2") ==
          "parse");
}

TEST_CASE("logs of a chain are its steps' in order", "[e2e][cli][chain]") {
    Chain cli;
    CHECK(cli.out({"logs", "1"}) == "[step 1 \"parse\", task 2]\nparsed\n"
                                    "[step 2 \"extract\", task 3]\nextracted\n");
    CHECK(cli.out({"logs", "1", "--raw"}) == "parsed\nextracted\n");
    CHECK_THAT(cli.out({"logs", "1", "--json"}), Contains("\"task_id\":3,\"step\":\"extract\""));
}

TEST_CASE("a followed chain goes from step to step to its end", "[e2e][cli][chain]") {
    Chain cli;
    support::Program program({support::agentcron_binary(), "logs", "-f", "1"}, cli.options());
    REQUIRE(program.wait_for_output("extracted"));
    cli.set("3", "status = 'succeeded', finished_at = now()");
    cli.set("4", "status = 'running', reason = '', started_at = now()");
    cli.write("4", "stored\n");
    REQUIRE(program.wait_for_output("[step 3 \"store\", task 4]\nstored\n"));
    cli.set("4", "status = 'failed', reason = 'exit_code', finished_at = now()");
    const auto finished = program.finish();
    CHECK(finished.exit_code == 1);
    CHECK_THAT(finished.err, Contains("task 1 failed (exit_code)"));
}

TEST_CASE("a question of a step is in the inbox with the chain's schedule", "[e2e][cli][chain]") {
    Chain cli;
    cli.set("3", "status = 'waiting_for_input'");
    cli.add_question("3");
    const auto question = cli.json({"inbox"}).at(0);
    CHECK(question.at("schedule") == "nightly");
    CHECK(question.at("step") == "extract");
    CHECK_THAT(cli.out({"inbox"}), Contains("task 3 of nightly, step extract of task 1, asked"));
}
