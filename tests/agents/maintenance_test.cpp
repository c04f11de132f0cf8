// The example schedules/maintenance.yaml as it stands, but for what a site has to fill in: the
// repository, the program and its login.
#include "agents/agents_run.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <spdlog/fmt/fmt.h>

using namespace agentcron::agents;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

void replace(std::string& text, const std::string& what, const std::string& by) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    text.replace(at, what.size(), by);
}

// A repository with a remote, and the example on it.
class MaintenanceRun : public AgentsRun {
public:
    MaintenanceRun() {
        const auto origin = (cli.directory.path() / "origin.git").string();
        const auto app = (cli.directory.path() / "app").string();
        shell(fmt::format("git init -q --bare -b main {0} && git clone -q {0} {1} && cd {1} && "
                          "git checkout -q -b main && git config user.name t && "
                          "git config user.email t@t && git commit -q --allow-empty -m one && "
                          "git push -q origin main",
                          origin, app));
        std::ifstream in(AGENTCRON_SOURCE_DIR "/schedules/maintenance.yaml");
        std::string yaml{std::istreambuf_iterator<char>(in), {}};
        replace(yaml, "/srv/app ", app + " ");
        replace(yaml, "[claude,", "[" + program("claude").string() + ",");
        replace(yaml, "    pass_env: [ANTHROPIC_API_KEY, SSH_AUTH_SOCK]",
                fmt::format("    env:\n"
                            "      HOME: {}\n"
                            "      ANTHROPIC_BASE_URL: {}\n"
                            "      ANTHROPIC_API_KEY: any\n"
                            "      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1'\n"
                            "      CLAUDE_CODE_MAX_RETRIES: '0'\n"
                            "      DISABLE_AUTOUPDATER: '1'",
                            cli.directory.path().string(), model_url()));
        replace(yaml, "    enabled: false\n", "");
        replace(yaml, "    hold: 15m ", "    hold: 1s ");
        declare_whole(yaml);
        start_daemon();
    }
    void shell(const std::string& command) const { REQUIRE(std::system(command.c_str()) == 0); }
};

const char* work =
    R"(Do it @@ TOOL AskUserQuestion {"questions":[{"question":"Major release too?",)"
    R"("header":"Scope","multiSelect":false,"options":[{"label":"Yes","description":"y"},)"
    R"({"label":"No","description":"n"}]}]} )"
    R"(@@ TOOL Bash {"command":"git commit -q --allow-empty -m done"} @@ SAY all done)";

} // namespace

TEST_CASE(
    "the example of repository maintenance asks, is parked, and leaves its work on the remote",
    "[agents][claude][workspace]") {
    AGENTCRON_NEEDS_AGENT("claude");
    MaintenanceRun run;
    auto id =
        run.cli.out({"trigger", "nightly-maintenance", "--param", std::string("work=") + work});
    id.pop_back();
    run.question_of(id, true);
    const auto path = run.cli.out({"workspaces", "path", id});
    CHECK(fs::exists(path.substr(0, path.size() - 1)));
    run.stop_daemon();
    run.start_daemon();
    run.answer(id, "No");
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(run.task(id, "summary") == "all done");
    const auto state = "select state from agentcron.workspaces where task_id = " + id;
    CHECK(run.cli.database.wait_for_value(state, "removed", std::chrono::seconds(60)) == "removed");
    CHECK_FALSE(fs::exists(path.substr(0, path.size() - 1)));
    run.shell("git -C " + (run.cli.directory.path() / "origin.git").string() +
              " log -1 --format=%s maintenance/" + id + " | grep -qx done");
}
