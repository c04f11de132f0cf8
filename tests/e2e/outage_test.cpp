// A database that cannot be reached for an hour. The hour passes for the database alone: while it
// is out of reach, all its times are moved back, by a little more, so that no fire time is of now.
#include "e2e/watching.hpp"
#include "support/catch.hpp"
#include "support/cutting_proxy.hpp"
#include "support/postgres_server.hpp"
#include "support/run_program.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::e2e;
using agentcron::support::CuttingProxy;
using agentcron::support::PostgresServer;
using agentcron::support::Program;
using agentcron::support::run_agentcron;

namespace {

constexpr const char* an_hour_passes = R"(
set session_replication_role = replica;
do $$ declare moved record; begin
  for moved in
    select c.table_name, string_agg(format('%1$I = %1$I - interval ''65 minutes''', c.column_name),
                                    ', ') as changes
    from information_schema.columns c
    join pg_class t on t.oid = format('agentcron.%I', c.table_name)::regclass
    where c.table_schema = 'agentcron' and c.data_type = 'timestamp with time zone'
      and c.is_generated = 'NEVER' and t.relkind in ('r', 'p') and not t.relispartition
    group by c.table_name
  loop
    execute format('update agentcron.%I set %s', moved.table_name, moved.changes);
  end loop;
end $$)";

constexpr const char* configuration = R"(
agents:
  long: {driver: command, command: [sh, -c, "echo up; touch up.long; until [ -e go ]; do sleep 0.05;
         done; seq 1 20000; touch told.long; until [ -e end ]; do sleep 0.05; done; echo over"]}
  fails: {driver: command, command: [sh, -c, "touch up.fails; until [ -e go ]; do sleep 0.05; done;
          echo bad; touch told.fails; exit 3"]}
  asks: {driver: jsonl, command: [sh, -c, "read t; touch up.asks; until [ -e go ]; do sleep 0.05;
         done; echo '{\"type\":\"question\",\"id\":\"q\",\"text\":\"Now?\"}'; touch told.asks;
         read a; echo '{\"type\":\"result\",\"result\":\"yes\"}'"]}
  quick: {driver: command, command: ['true']}
schedules:
  newest: {cron: "@every 10m", agent: quick}
  each: {cron: "@every 10m", agent: quick, catch_up: all, overlap: queue_all}
  none: {cron: "@every 10m", agent: quick, catch_up: none}
)";

class Site {
public:
    Site()
        : server_(directory_.path() / "postgres", agentcron::support::free_port())
        , proxy(server_.port()) {
        server_.create();
        server_.start();
        directory_.write("agentcron.yaml", configuration);
    }
    std::unique_ptr<Program> up() const {
        auto up = std::make_unique<Program>(
            std::vector<std::string>{agentcron::support::agentcron_binary(), "up", "--lease", "3",
                                     "--config", path("agentcron.yaml")},
            options(fmt::format("host=127.0.0.1 port={} user=agentcron dbname=postgres",
                                proxy.port())));
        REQUIRE(up->wait_for_output("ready", limit));
        return up;
    }
    std::string command(std::vector<std::string> arguments) const {
        const auto done = run_agentcron(std::move(arguments), options(server_.conninfo()));
        INFO(done.err);
        CHECK(done.exit_code == 0);
        return done.out.substr(0, done.out.find_last_not_of('\n') + 1);
    }
    std::string sql(const std::string& statement) const {
        return command({"sql", "--", "-XAtqc", statement});
    }
    bool becomes(const std::string& statement, const std::string& expected) const {
        std::string last;
        const bool did = comes([&] { return (last = sql(statement)) == expected; });
        UNSCOPED_INFO(statement << ": " << last);
        return did;
    }
    void write(const std::string& name) const { directory_.write(name, ""); }
    bool have_come(const std::string& prefix) const {
        return comes([&] {
            for (const auto* agent : {"long", "fails", "asks"})
                if (!std::filesystem::exists(path(prefix + agent))) return false;
            return true;
        });
    }
    std::size_t agents() const { return agents_of(path("state")); }

private:
    std::filesystem::path path(const std::string& name) const { return directory_.path() / name; }
    agentcron::support::ProgramOptions options(const std::string& database) const {
        agentcron::support::ProgramOptions options;
        options.environment = {{"AGENTCRON_STATE_DIR", path("state")},
                               {"AGENTCRON_DATABASE_URL", database},
                               {"HOME", directory_.path()}};
        options.working_directory = directory_.path();
        return options;
    }

    agentcron::support::TemporaryDirectory directory_;
    PostgresServer server_;

public:
    CuttingProxy proxy;
};

} // namespace

TEST_CASE("after an hour without the database nothing is run again, lost, or missed unseen",
          "[e2e][outage]") {
    Site site;
    const auto up = site.up();
    for (const auto* agent : {"long", "fails", "asks"})
        site.sql(fmt::format("select agentcron.enqueue('{}', options => "
                             "'{{\"retry\":{{\"attempts\":3,\"on\":[\"lost\"]}}}}')",
                             agent));
    REQUIRE(site.have_come("up."));
    REQUIRE(site.becomes("select count(*) from agentcron.schedules where planned_rev = rev", "3"));
    site.proxy.go_silent();
    site.write("go");
    REQUIRE(site.have_come("told."));
    site.sql(an_hour_passes);
    CHECK(site.sql("select count(*) from agentcron.leases where lease_until < "
                   "clock_timestamp() - interval '50 minutes'") == "3");
    site.proxy.speak();

    REQUIRE(site.becomes("select status from agentcron.tasks where agent = 'asks'",
                         "waiting_for_input"));
    REQUIRE(site.becomes("select status || ' ' || reason || ' ' || exit_code from "
                         "agentcron.task_history where agent = 'fails'",
                         "failed exit_code 3"));
    // Had somebody taken them over it would have been by now: leases are renewed again.
    REQUIRE(site.becomes("select count(*) from agentcron.leases where lease_until > "
                         "clock_timestamp()",
                         "2"));
    site.write("end");
    const auto asks = site.sql("select id from agentcron.tasks where agent = 'asks'");
    site.command({"answer", asks, "yes"});
    REQUIRE(site.becomes("select count(*) from agentcron.tasks where agent <> 'quick' and status "
                         "= 'succeeded'",
                         "2"));
    CHECK(site.sql("select count(*) || '/' || max(a.run_no) from agentcron.attempts a join "
                   "agentcron.tasks t on t.id = a.task_id where agent <> 'quick'") == "3/1");
    std::string told = "up\n";
    for (int i = 1; i <= 20'000; ++i) told += fmt::format("{}\n", i);
    const auto id = site.sql("select id from agentcron.tasks where agent = 'long'");
    CHECK((site.command({"logs", id, "--raw"}) == told + "over"));

    REQUIRE(site.becomes("select string_agg(n || ' ' || status || ' ' || fires, ', ' order by n, "
                         "status) from (select s.name as n, t.status, sum(t.fires_covered) as "
                         "fires from agentcron.tasks t join agentcron.schedules s on s.id = "
                         "t.schedule_id group by 1, 2) x",
                         "each succeeded 6, newest succeeded 6, none skipped 6"));
    CHECK(site.sql("select count(*) from agentcron.tasks t join agentcron.schedules s on s.id = "
                   "t.schedule_id where s.name = 'each'") == "6");
    CHECK(comes([&] { return site.agents() == 0; }));
}
