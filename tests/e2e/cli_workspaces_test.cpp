// Worktrees on the command line: listed, found and cleaned, by a daemon that is killed in between.
#include "e2e/cli_fixture.hpp"

#include <csignal>
#include <cstdlib>
#include <memory>

using agentcron::e2e::CommandLine;
using Catch::Contains;
namespace fs = std::filesystem;
namespace support = agentcron::support;

namespace {

// A repository, an agent that is a shell script in a worktree of it, and a daemon.
class WorkspacesRun {
public:
    explicit WorkspacesRun(const std::string& script, const std::string& more = "") {
        const auto repo = (cli.directory.path() / "app").string();
        REQUIRE(std::system(("git init -q -b main " + repo + " && git -C " + repo +
                             " -c user.name=t -c user.email=t@t commit -q --allow-empty -m one")
                                .c_str()) == 0);
        cli.directory.write("script", script);
        config = cli.directory.write("agents.yaml", "agents:\n"
                                                    "  sh:\n"
                                                    "    command: [/bin/sh, " +
                                                        (cli.directory.path() / "script").string() +
                                                        "]\n"
                                                        "    workspace: {git: app, base: main" +
                                                        more + "}\n");
        start_daemon();
    }
    void start_daemon() {
        daemon = std::make_unique<support::Program>(
            std::vector<std::string>{support::agentcron_binary(), "up", "--config", config},
            cli.options());
        REQUIRE(daemon->wait_for_output("ready "));
    }
    std::string trigger() {
        auto id = cli.out({"trigger", "--agent", "sh"});
        id.pop_back();
        return id;
    }
    std::string until(const std::string& sql, const std::string& value) {
        return cli.database.wait_for_value(sql, value, std::chrono::seconds(60));
    }
    std::string until_state(const std::string& task, const std::string& state) {
        return until("select state from agentcron.workspaces where task_id = " + task, state);
    }

    CommandLine cli;
    fs::path config;
    std::unique_ptr<support::Program> daemon;
};

} // namespace

TEST_CASE("workspaces are listed, found and cleaned", "[e2e][cli][workspace]") {
    WorkspacesRun run("echo x > new");
    CHECK_THAT(run.cli.run({"workspaces"}).err, Contains("there are no workspaces"));
    const auto id = run.trigger();
    REQUIRE(run.until_state(id, "kept") == "kept");
    const auto listed = run.cli.json({"workspaces"}).as_array();
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].at("state") == "kept");
    CHECK(listed[0].at("branch").as_string() == "agent/" + id);
    CHECK(listed[0].at("dirty") == 1);
    CHECK(listed[0].at("unpushed") == 0);
    CHECK(listed[0].at("bytes").as_int64() > 0);
    CHECK_THAT(run.cli.out({"workspaces"}), Contains("1 file is not committed"));
    const auto path = run.cli.directory.path() / "state/workspaces/app" / id;
    CHECK(run.cli.out({"workspaces", "path", id}) == fs::canonical(path).string() + "\n");
    CHECK(run.cli.run({"workspaces", "path", "99"}).exit_code == 4);
    CHECK(run.cli.run({"workspaces", "clean", "99"}).exit_code == 4);
    CHECK(run.cli.run({"workspaces", "clean", "--force"}).exit_code == 2);

    CHECK_THAT(run.cli.run({"workspaces", "clean", "--older-than", "7d"}).err,
               Contains("nothing to clean"));
    const auto kept = run.cli.json({"workspaces", "clean"}).as_array();
    REQUIRE(kept.size() == 1);
    CHECK(kept[0].at("result") == "kept");
    CHECK(kept[0].at("because") == "1 file is not committed");
    CHECK(fs::exists(path / "new"));
    CHECK_THAT(run.cli.out({"workspaces", "clean", id, "--force"}), Contains("removed"));
    CHECK_FALSE(fs::exists(path));
    CHECK(run.cli.out({"workspaces", "--json"}) == "[]\n");
}

TEST_CASE("a daemon that is killed before the agent starts goes on with the same worktree",
          "[e2e][workspace]") {
    WorkspacesRun run("pwd", ", setup: [/bin/sh, -c, \"echo $$ >> ../../../../ups; while [ ! -e "
                             "../../../../pass ]; do sleep 0.05; done\"]");
    const auto id = run.cli.database.value(
        "select agentcron.enqueue('sh', '', options => '{\"retry\":{\"attempts\":2,"
        "\"backoff\":0}}')");
    REQUIRE(run.until_state(id, "in_use") == "in_use");
    run.daemon->signal(SIGKILL);
    run.daemon.reset();
    run.cli.directory.write("pass", "");
    run.start_daemon();
    REQUIRE(run.until("select status from agentcron.tasks", "succeeded") == "succeeded");
    CHECK(run.until_state(id, "removed") == "removed");
    CHECK(run.cli.database.value("select count(*) from agentcron.workspaces") == "1");
    CHECK(std::system(("test \"$(git -C " + (run.cli.directory.path() / "app").string() +
                       " worktree list | wc -l)\" = 1")
                          .c_str()) == 0);
}

TEST_CASE("what is to be cleaned where no worker runs is said, and done later",
          "[e2e][cli][workspace]") {
    WorkspacesRun run("exit 1");
    const auto id = run.trigger();
    REQUIRE(run.until_state(id, "kept") == "kept");
    run.daemon->signal(SIGTERM);
    CHECK(run.daemon->finish().exit_code == 0);
    const auto asked = run.cli.json({"workspaces", "clean", id}).as_array();
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].at("result") == "waits");
    CHECK_THAT(asked[0].at("because").as_string().c_str(), Contains("no worker runs on"));
    run.start_daemon();
    CHECK(run.until_state(id, "removed") == "removed");
}

TEST_CASE("without git the task says what to install", "[e2e][workspace]") {
    WorkspacesRun run("true");
    // The agents' own PATH decides, which is the daemon's.
    run.daemon.reset();
    fs::create_directory(run.cli.directory.path() / "bin");
    for (const char* program : {"sh", "cat", "grep", "tr", "du", "cut", "ls", "dirname", "mkdir"})
        fs::create_symlink(fs::path("/bin") / program, run.cli.directory.path() / "bin" / program);
    auto options = run.cli.options();
    options.environment.emplace_back("PATH", run.cli.directory.path() / "bin");
    run.daemon = std::make_unique<support::Program>(
        std::vector<std::string>{support::agentcron_binary(), "up", "--config", run.config},
        options);
    REQUIRE(run.daemon->wait_for_output("ready "));
    const auto id = run.trigger();
    REQUIRE(run.until("select status from agentcron.tasks", "failed") == "failed");
    CHECK(run.cli.database.value("select message from agentcron.tasks") ==
          "workspace: there is no git on the agent's PATH: install git");
}
