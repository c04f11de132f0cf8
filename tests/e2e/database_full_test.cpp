// PostgreSQL without room: for its tables, and for its log.
#include "e2e/worker_site.hpp"
#include "support/postgres_server.hpp"
#include "support/skip.hpp"
#include "support/small_disk.hpp"

#include <pqxx/pqxx>

using namespace agentcron::e2e;
using agentcron::support::PostgresServer;
using agentcron::support::Program;
using agentcron::support::run_agentcron;
using agentcron::support::SmallDisk;
using agentcron::support::why_no_mounts;
using Catch::Contains;

namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

// A daemon whose database is on a disk of its own, and its command line.
class Site {
public:
    agentcron::support::TemporaryDirectory directory;
    std::string database; // "" = the private one

    agentcron::support::ProgramOptions options() const {
        agentcron::support::ProgramOptions options;
        options.environment = {{"AGENTCRON_STATE_DIR", directory.path() / "state"},
                               {"HOME", directory.path()}};
        if (!database.empty()) options.environment.emplace_back("AGENTCRON_DATABASE_URL", database);
        options.working_directory = directory.path();
        return options;
    }
    std::unique_ptr<Program> up(const std::string& script) const {
        directory.write("job.sh", script);
        directory.write("agentcron.yaml",
                        fmt::format("agents:\n  job:\n    driver: command\n    command: [/bin/sh, "
                                    "{}]\nschedules: {{}}\n",
                                    (directory.path() / "job.sh").string()));
        auto up = std::make_unique<Program>(
            std::vector<std::string>{agentcron::support::agentcron_binary(), "up", "--config",
                                     directory.path() / "agentcron.yaml"},
            options());
        REQUIRE(up->wait_for_output("ready", limit));
        return up;
    }
    std::string sql(const std::string& statement) const {
        const auto done = run_agentcron({"sql", "--", "-XAtqc", statement}, options());
        return done.out.substr(0, done.out.find_last_not_of('\n') + 1);
    }
    bool becomes(const std::string& statement, const std::string& expected) const {
        return comes([&] { return sql(statement) == expected; });
    }
    std::string raw_log(int task) const {
        return run_agentcron({"logs", std::to_string(task), "--raw"}, options()).out;
    }
};

constexpr const char* script = "echo up; while [ ! -e go ]; do sleep 0.05; done\n"
                               "i=0; while [ $i -lt 50000 ]; do echo line $i of many; i=$((i+1)); "
                               "done";

std::string all_lines() {
    std::string lines = "up\n";
    for (int i = 0; i < 50'000; ++i) lines += fmt::format("line {} of many\n", i);
    return lines;
}

} // namespace

TEST_CASE("while the disk of PostgreSQL's tables is full, agents run and their output waits",
          "[e2e][disk]") {
    if (const auto why = why_no_mounts(); !why.empty()) AGENTCRON_SKIP(why);
    Site site;
    SmallDisk disk(site.directory.path() / "postgres", "size=192m,mode=0755");
    PostgresServer server(site.directory.path() / "postgres/server",
                          agentcron::support::free_port());
    server.create();
    server.start();
    site.database = server.conninfo();
    const auto up = site.up(script);
    site.sql("select agentcron.enqueue('job')");
    REQUIRE(site.becomes("select count(*) from agentcron.output", "1"));
    disk.fill();
    site.directory.write("go", "");
    REQUIRE(
        up->wait_for_output("database takes nothing for now, trying again session=output", limit));
    CHECK_THAT(up->err(), Contains("No space left on device"));
    CHECK(site.sql("select status from agentcron.tasks") == "running");
    disk.make_room();
    REQUIRE(site.becomes("select status from agentcron.tasks", "succeeded"));
    CHECK(up->wait_for_output("database is back session=output", limit));
    CHECK(count_of(up->err(), "trying again session=output") == 1);
    CHECK((site.raw_log(1) == all_lines()));
    CHECK(site.sql("select count(*) from agentcron.attempts") == "1");
}

TEST_CASE("a private PostgreSQL that ended for want of room for its log comes back with it",
          "[e2e][disk]") {
    if (const auto why = why_no_mounts(); !why.empty()) AGENTCRON_SKIP(why);
    Site site;
    SmallDisk disk(site.directory.path() / "state", "size=192m,mode=0755");
    const auto up = site.up(script);
    site.sql("select agentcron.enqueue('job')");
    REQUIRE(site.becomes("select count(*) from agentcron.output", "1"));
    const auto pid_file = site.directory.path() / "state/postgres/data/postmaster.pid";
    const auto server = content(pid_file);
    disk.fill();
    // Until the next segment of its log, for which there is no room.
    for (int i = 0; i < 20; ++i)
        site.sql("select pg_logical_emit_message(false, 'x', repeat('x', 8000000))");
    REQUIRE(up->wait_for_output("and its disk is full: make room", limit));
    site.directory.write("go", "");
    disk.make_room();
    REQUIRE(site.becomes("select status from agentcron.tasks", "succeeded"));
    CHECK((site.raw_log(1) == all_lines()));
    CHECK(site.sql("select count(*) || ' ' || max(attempt) from agentcron.attempts") == "1 1");
    CHECK(content(pid_file) != server);
}
