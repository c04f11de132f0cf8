// The daemon when things around it break: the database, its own process, its files.
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
using agentcron::support::ProgramOptions;
using agentcron::support::TemporaryDirectory;
using agentcron::support::TestDatabase;
using Catch::Contains;

namespace {

using Seconds = std::chrono::seconds;
// A configuration, a state directory, and what runs on them.
class Site {
public:
    TemporaryDirectory directory;

    ProgramOptions options(const std::string& database = "") const {
        ProgramOptions options;
        options.environment = {{"AGENTCRON_STATE_DIR", directory.path() / "state"},
                               {"HOME", directory.path()}};
        if (!database.empty()) options.environment.emplace_back("AGENTCRON_DATABASE_URL", database);
        options.working_directory = directory.path();
        return options;
    }
    // An agent `job` that is a shell script, in schedules of the given lines.
    void declare(const std::string& script, const std::string& schedules = "{}") const {
        directory.write("agentcron.yaml",
                        fmt::format("agents:\n  job:\n    driver: command\n    command: [/bin/sh, "
                                    "{}]\n    grace: 2s\nschedules: {}\n",
                                    path("job.sh").string(), schedules));
        directory.write("job.sh", script);
    }
    std::unique_ptr<Program> up(const std::string& database = "") const {
        return std::make_unique<Program>(
            std::vector<std::string>{agentcron::support::agentcron_binary(), "up", "--config",
                                     directory.path() / "agentcron.yaml"},
            options(database));
    }
    std::string file(const std::string& name) const { return content(directory.path() / name); }
    fs::path path(const std::string& name) const { return directory.path() / name; }

    // Agents of this site, and all that they started.
    std::size_t agents() const { return agents_of(directory.path() / "state"); }
    // The power goes: daemon, shims, agents and PostgreSQL, at once as far as each can tell.
    void power_off(Program& daemon) const {
        const auto server = server_pid();
        daemon.signal(SIGKILL);
        daemon.finish(limit);
        const auto state = path("state").string() + "/";
        const auto socket = "AGENTCRON_SOCKET=" + state;
        // An agent that is killed first would have its end recorded.
        const auto works_in_state = [&](const fs::path& process) {
            std::error_code gone;
            return fs::read_symlink(process / "cwd", gone).string().starts_with(state);
        };
        const auto is_agent = [&](const fs::path& process) {
            return content(process / "environ").find(socket) != std::string::npos;
        };
        REQUIRE(comes([&] { return kill_all(works_in_state) == 0; }));
        REQUIRE(comes([&] { return kill_all(is_agent) == 0; }));
        // No machine that starts has such a process.
        REQUIRE(comes([&] { return !fs::exists(fmt::format("/proc/{}", server)); }));
    }
    // What the files of its runs say of the machine's boot is of another one.
    void begin_another_boot() const {
        std::string id = content("/proc/sys/kernel/random/boot_id");
        id.pop_back();
        for (const auto& entry : fs::recursive_directory_iterator(path("state/runs"))) {
            if (!entry.is_regular_file()) continue;
            auto text = content(entry.path());
            const auto at = text.find(id);
            if (at == std::string::npos) continue;
            text.replace(at, id.size(), std::string(id.rbegin(), id.rend()));
            std::ofstream(entry.path(), std::ios::binary) << text;
        }
    }
    pid_t server_pid() const {
        return std::atoi(content(path("state") / "postgres/data/postmaster.pid").c_str());
    }

private:
    // Returns how many there were.
    template <class Predicate>
    static int kill_all(Predicate is_meant) {
        int found = 0;
        for (const auto& entry : fs::directory_iterator("/proc")) {
            const pid_t pid = std::atoi(entry.path().filename().c_str());
            if (pid <= 0 || !is_meant(entry.path())) continue;
            ++found;
            ::kill(pid, SIGKILL);
        }
        return found;
    }
};

// The private database of a site, asked with its own command line.
class Sql {
public:
    explicit Sql(const Site& site) : site_(site) {}
    std::string operator()(const std::string& statement) const {
        auto options = site_.options();
        const auto done =
            agentcron::support::run_agentcron({"sql", "--", "-XAtqc", statement}, options);
        last_error = done.err;
        return done.out.substr(0, done.out.find_last_not_of('\n') + 1);
    }
    bool becomes(const std::string& statement, const std::string& expected) const {
        return comes([&] { return (*this)(statement) == expected; });
    }
    mutable std::string last_error;

private:
    const Site& site_;
};

} // namespace

TEST_CASE("without a database the daemon says so and ends with 3", "[e2e][faults]") {
    const Site site;
    site.declare("true");
    const auto finished = site.up("host='" + site.path("nowhere").string() + "'")->finish();
    CHECK(finished.exit_code == 3);
    CHECK_THAT(finished.err, Contains("nowhere"));
    CHECK_FALSE(fs::exists(site.path("state") / "postgres"));
}

TEST_CASE("a configuration with mistakes ends the start with 2 and touches no database",
          "[e2e][faults]") {
    const Site site;
    site.declare("true", "{bad: {cron: '61 * * * *', agent: nobody}}");
    const auto finished = site.up()->finish();
    CHECK(finished.exit_code == 2);
    CHECK_THAT(finished.err, Contains("agentcron.yaml:") && Contains("61"));
    CHECK_FALSE(fs::exists(site.path("state") / "postgres"));
}

TEST_CASE("Ctrl-C ends the daemon in order, with its agents and its PostgreSQL", "[e2e][faults]") {
    const Site site;
    site.declare("(setsid sleep 1000 &); echo up; sleep 1000", "{}");
    const auto up = site.up();
    REQUIRE(up->wait_for_output("ready", limit));
    const Sql sql(site);
    REQUIRE(sql.becomes("select name from agentcron.agents", "job"));
    sql("select agentcron.enqueue('job')");
    REQUIRE(sql.becomes("select count(*) from agentcron.output", "1"));
    CHECK(site.agents() > 0);
    up->signal(SIGINT);
    CHECK(up->finish(limit).exit_code == 0);
    CHECK(site.agents() == 0);
    CHECK(site.server_pid() == 0);
    const auto again = site.up();
    REQUIRE(again->wait_for_output("ready", limit));
    CHECK(sql("select outcome from agentcron.attempts where run_no = 1") == "returned");
    CHECK(sql("select count(*) from agentcron.workers where stopped_at is not null") == "1");
}

TEST_CASE("PostgreSQL killed while agents print: it is started again, nothing is lost or doubled",
          "[e2e][faults]") {
    const Site site;
    // The agent goes on only when it is told, so the outage is in its midst.
    site.declare("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); "
                 "if [ $i -eq 10000 ]; then echo > half; while [ ! -e go ]; do sleep 0.05; done; "
                 "fi; done");
    const auto up = site.up();
    REQUIRE(up->wait_for_output("ready", limit));
    const Sql sql(site);
    REQUIRE(sql.becomes("select name from agentcron.agents", "job"));
    sql("select agentcron.enqueue('job')");
    REQUIRE(comes([&] { return fs::exists(site.path("half")); }));
    const auto server = site.server_pid();
    REQUIRE(server > 0);
    REQUIRE(::kill(server, SIGKILL) == 0);
    REQUIRE(up->wait_for_output("starting it again", limit));
    site.directory.write("go", "");
    REQUIRE(sql.becomes("select status from agentcron.tasks", "succeeded"));
    CHECK(site.server_pid() != server);
    CHECK(sql("select count(*) || '/' || max(attempt) from agentcron.attempts") == "1/1");
    std::string expected;
    for (int i = 0; i < 20000; ++i) expected += fmt::format("line {}\n", i);
    CHECK((agentcron::support::run_agentcron({"logs", "1", "--raw"}, site.options()).out ==
           expected));
}

TEST_CASE("the agents of a daemon that was killed or stopped go on with the next one",
          "[e2e][faults]") {
    const Site site;
    const int how = GENERATE(SIGKILL, SIGTERM);
    site.declare("echo x >> starts; echo one; while [ ! -e go ]; do sleep 0.05; done; echo two");
    auto up = site.up();
    REQUIRE(up->wait_for_output("ready", limit));
    const Sql sql(site);
    REQUIRE(sql.becomes("select name from agentcron.agents", "job"));
    sql("select agentcron.enqueue('job', options => '{\"retry\":{\"attempts\":2}}') from "
        "generate_series(1, 4)");
    REQUIRE(comes([&] { return site.file("starts") == "x\nx\nx\nx\n"; }));
    for (int times = 0; times < 2; ++times) {
        up->signal(how);
        CHECK((up->finish(limit).exit_code == 0) == (how == SIGTERM));
        CHECK(site.agents() > 0);
        up = site.up();
        REQUIRE(up->wait_for_output("ready", limit));
        CHECK_THAT(up->err(), Contains("task taken over task=4"));
    }
    site.directory.write("go", "");
    REQUIRE(sql.becomes("select count(*) from agentcron.tasks where status = 'succeeded'", "4"));
    CHECK(comes([&] { return site.agents() == 0; }));
    CHECK(site.file("starts") == "x\nx\nx\nx\n");
    CHECK(sql("select count(*) || '/' || max(run_no) from agentcron.attempts") == "4/1");
    CHECK(agentcron::support::run_agentcron({"logs", "3", "--raw"}, site.options()).out ==
          "one\ntwo\n");
    up->signal(SIGINT);
    CHECK(up->finish(limit).exit_code == 0);
    CHECK(fs::is_empty(site.path("state/runs")));
}

TEST_CASE("what ran when the power went is lost, and goes on as its on_lost says",
          "[e2e][faults]") {
    const Site site;
    site.declare("");
    auto up = site.up();
    REQUIRE(up->wait_for_output("ready", limit));
    const Sql sql(site);
    REQUIRE(sql.becomes("select name from agentcron.agents", "job"));
    sql("insert into agentcron.agents (name, driver, config) values ('talker', 'jsonl', "
        "jsonb_build_object('command', jsonb_build_array('/bin/sh', '-c', $$read -r line; "
        "echo \"$line\" >> heard; echo '{\"type\":\"session\",\"session_id\":\"s-1\"}'; "
        "until [ -e go ]; do sleep 0.05; done; echo '{\"type\":\"result\",\"result\":1}'$$)))");
    for (const auto* options :
         {R"({"retry":{"attempts":2,"backoff":0}})", R"({"retry":{"attempts":2},"on_lost":"fail"})",
          R"({"on_lost":"ask"})"})
        sql(fmt::format("select agentcron.enqueue('talker', options => '{}')", options));
    REQUIRE(sql.becomes("select count(*) from agentcron.tasks where session_id = 's-1'", "3"));
    site.power_off(*up);
    site.begin_another_boot();
    up = site.up();
    REQUIRE(up->wait_for_output("info ready", limit));
    REQUIRE(sql.becomes("select string_agg(status || ' ' || reason || ' ' || attempt, ', ' "
                        "order by id) from agentcron.tasks",
                        "running  2, failed lost 1, waiting_for_input  1"));
    CHECK(sql("select string_agg(distinct reason, ', ') from agentcron.attempts where run_no = "
              "1") == "lost");
    site.directory.write("go", "");
    REQUIRE(sql.becomes("select status from agentcron.tasks where id = 1", "succeeded"));
    // Its conversation goes on.
    CHECK_THAT(site.file("heard"), Contains("\"session_id\":\"s-1\""));
    CHECK(comes([&] { return site.agents() == 0; }));
}

TEST_CASE("a daemon that drains waits for what runs, and ends it at a second signal",
          "[e2e][faults]") {
    const Site site;
    site.declare("echo x >> starts; while [ ! -e go ]; do sleep 0.05; done");
    Program up({agentcron::support::agentcron_binary(), "up", "--drain", "--config",
                site.path("agentcron.yaml")},
               site.options());
    REQUIRE(up.wait_for_output("ready", limit));
    const Sql sql(site);
    REQUIRE(sql.becomes("select name from agentcron.agents", "job"));
    sql("select agentcron.enqueue('job')");
    REQUIRE(comes([&] { return site.file("starts") == "x\n"; }));
    up.signal(SIGTERM);
    REQUIRE(up.wait_for_output("stopping", limit));
    CHECK(site.agents() > 0);
    const bool is_hurried = GENERATE(false, true);
    if (is_hurried)
        up.signal(SIGTERM);
    else
        site.directory.write("go", "");
    CHECK(up.finish(limit).exit_code == 0);
    CHECK(site.agents() == 0);
    const auto again = site.up();
    REQUIRE(again->wait_for_output("ready", limit));
    CHECK(sql("select outcome from agentcron.attempts where run_no = 1") ==
          (is_hurried ? "returned" : "succeeded"));
}

TEST_CASE("a bad edit keeps the old schedules and says so, a good one is applied",
          "[e2e][faults]") {
    const Site site;
    TestDatabase database;
    site.declare("true", "{one: {cron: '0 3 * * *', agent: job}}");
    const auto up = site.up(database.conninfo());
    REQUIRE(up->wait_for_output("ready", limit));
    REQUIRE(database.wait_for_value("select name from agentcron.schedules", "one") == "one");
    site.declare("true", "{one: {cron: '0 99 * * *', agent: job}}");
    REQUIRE(up->wait_for_output("the old one stays", limit));
    CHECK_THAT(up->err(), Contains("agentcron.yaml:6:"));
    CHECK(database.value("select cron || enabled from agentcron.schedules") == "0 3 * * *true");
    site.declare("true", "{two: {cron: '0 4 * * *', agent: job}}");
    CHECK(database.wait_for_value("select string_agg(name || ' ' || enabled, ',' order by name) "
                                  "from agentcron.schedules",
                                  "one false,two true", limit) == "one false,two true");
    CHECK(database.value("select cron from agentcron.schedules where name = 'one'") == "0 3 * * *");
}

TEST_CASE("two daemons on one database run each due time once", "[e2e][faults]") {
    const Site first, second;
    TestDatabase database;
    for (const Site* site : {&first, &second})
        site->declare("echo $AGENTCRON_SCHEDULE >> " + first.path("lines").string());
    const auto one = first.up(database.conninfo());
    REQUIRE(one->wait_for_output("ready", limit));
    const auto two = second.up(database.conninfo());
    REQUIRE(two->wait_for_output("ready", limit));
    database.execute(
        "insert into agentcron.schedules (name, agent, cron, created_at) select 's' "
        "|| n, 'job', '@every 1h', date_trunc('second', now()) - interval '1 hour' from "
        "generate_series(1, 40) n");
    REQUIRE(database.wait_for_value("select count(*) from agentcron.schedules where planned_rev = "
                                    "rev",
                                    "40", limit) == "40");
    database.execute("update agentcron.schedules set next_fire_at = created_at + interval '1 "
                     "hour'; select agentcron.wake('schedules')");
    CHECK(database.wait_for_value("select count(*) from agentcron.tasks where status = "
                                  "'succeeded'",
                                  "40", limit) == "40");
    CHECK(database.value("select count(*) from agentcron.tasks") == "40");
    CHECK(database.value("select count(*) from agentcron.attempts") == "40");
    CHECK(database.value("select count(*) from agentcron.workers") == "2");
    const auto lines = first.file("lines");
    CHECK(std::count(lines.begin(), lines.end(), '\n') == 40);
}

TEST_CASE("a database that is cut off for a while loses nothing of a running agent",
          "[e2e][faults]") {
    const Site site;
    TestDatabase database;
    site.declare("echo before; echo > up; while [ ! -e go ]; do sleep 0.05; done; echo after");
    const auto up = site.up(database.conninfo());
    REQUIRE(up->wait_for_output("ready", limit));
    REQUIRE(database.wait_for_value("select name from agentcron.agents", "job", limit) == "job");
    database.execute("select agentcron.enqueue('job')");
    REQUIRE(comes([&] { return fs::exists(site.path("up")); }));
    database.cut_off();
    site.directory.write("go", "");
    // The agent ends and its daemon notices the outage when it wants to write.
    REQUIRE(up->wait_for_output("database takes nothing for now", limit));
    database.let_in();
    CHECK(database.wait_for_value("select status from agentcron.tasks", "succeeded", limit) ==
          "succeeded");
    CHECK(database.bytes("select body from agentcron.output order by seq") == "before\nafter\n");
    CHECK(database.value("select count(*) from agentcron.attempts") == "1");
}
