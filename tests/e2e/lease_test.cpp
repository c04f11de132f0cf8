// Real daemons whose leases run out: one that was stopped and wakes up.
#include "e2e/watching.hpp"
#include "support/catch.hpp"
#include "support/run_program.hpp"
#include "support/test_cluster.hpp"

#include <csignal>
#include <fstream>
#include <spdlog/fmt/fmt.h>

namespace fs = std::filesystem;
using namespace agentcron::e2e;
using agentcron::support::Program;
using agentcron::support::TemporaryDirectory;
using agentcron::support::TestDatabase;

namespace {

// A worker with a machine of its own, as far as it can tell.
struct Site {
    std::unique_ptr<Program> start(const TestDatabase& database) const {
        agentcron::support::ProgramOptions options;
        options.environment = {{"AGENTCRON_STATE_DIR", directory.path() / "state"},
                               {"AGENTCRON_DATABASE_URL", database.conninfo()},
                               {"HOME", directory.path()}};
        options.working_directory = directory.path();
        return std::make_unique<Program>(
            std::vector<std::string>{agentcron::support::agentcron_binary(), "worker"}, options);
    }
    // Agents of this site, and all that they started.
    std::size_t agents() const { return agents_of(directory.path() / "state"); }
    TemporaryDirectory directory;
};

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

} // namespace

TEST_CASE("a worker that was stopped and wakes up after its tasks were taken over writes nothing",
          "[e2e][lease]") {
    TestDatabase database;
    const Site first_site, second_site;
    const auto go = first_site.directory.path() / "go";
    database.execute(fmt::format(
        "insert into agentcron.agents (name, driver, config) values ('job', 'command', "
        "jsonb_build_object('command', jsonb_build_array('/bin/sh', '-c', "
        "'while [ ! -e {} ]; do echo \"$AGENTCRON_RUN_DIR\" $PPID; sleep 0.05; done')))",
        go.string()));
    const auto first = first_site.start(database);
    REQUIRE(first->wait_for_output("ready", limit));
    database.execute("select agentcron.enqueue('job', options => '{\"retry\":{\"attempts\":2}}') "
                     "from generate_series(1, 2)");
    const std::string writers = "select count(distinct task_id) from agentcron.output where run_no "
                                "= ";
    REQUIRE(database.wait_for_value(writers + "1", "2", limit) == "2");
    first->signal(SIGSTOP);
    // As if it had been stopped for longer than its leases live.
    database.execute("update agentcron.leases set lease_until = now() - interval '1 second'");
    const auto second = second_site.start(database);
    REQUIRE(database.wait_for_value(writers + "2", "2", limit) == "2");
    CHECK(database.value("select count(*) from agentcron.attempts where run_no = 1 and outcome = "
                         "'lost'") == "2");
    const std::string written = "select count(*) || ' ' || max(seq) from agentcron.output where "
                                "run_no = 1";
    const std::string attempts = "select string_agg(to_jsonb(a)::text, ' ' order by task_id) from "
                                 "agentcron.attempts a where run_no = 1";
    const auto written_before = database.value(written);
    const auto attempts_before = database.value(attempts);
    CHECK(first_site.agents() > 0);
    first->signal(SIGCONT);
    REQUIRE(comes([&] { return first_site.agents() == 0; }));
    CHECK(database.value(written) == written_before);
    CHECK(database.value(attempts) == attempts_before);
    CHECK(count_of(first->out() + first->err(), "lease lost, killing the agent task=1 ") == 1);
    CHECK(count_of(first->out() + first->err(), "lease lost, killing the agent task=2 ") == 1);
    CHECK(second_site.agents() > 0);
    std::ofstream(go) << "";
    CHECK(database.wait_for_value("select count(*) from agentcron.tasks where status = "
                                  "'succeeded' and run_no = 2",
                                  "2", limit) == "2");
}
