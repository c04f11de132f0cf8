// The real agents go on when their daemon dies, and the next one goes on with them.
#include "agents/agents_run.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::agents;
using Catch::Contains;

namespace {

std::string script(const std::string& tool) {
    return fmt::format(R"(Work @@ TOOL {} @@ SAY done)", tool);
}

class Run : public AgentsRun {
public:
    Run(const std::string& driver, const std::string& name,
        const std::vector<std::string>& options = {}) {
        cli.directory.write(".claude/settings.json",
                            R"({"permissions":{"defaultMode":"default"}})");
        write_codex_settings("approval_policy = \"never\"\n"
                             "sandbox_mode = \"danger-full-access\"\n");
        std::vector<std::string> command{program(name).string()};
        command.insert(command.end(), options.begin(), options.end());
        declare(driver, command,
                fmt::format("    env:\n"
                            "      HOME: {}\n"
                            "      FAKE_MODEL_KEY: any\n"
                            "      ANTHROPIC_BASE_URL: {}\n"
                            "      ANTHROPIC_API_KEY: any\n"
                            "      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1'\n"
                            "      CLAUDE_CODE_MAX_RETRIES: '0'\n"
                            "      DISABLE_AUTOUPDATER: '1'\n",
                            cli.directory.path().string(), model_url()));
        start_daemon();
    }

    void check(const std::string& prompt) {
        const auto id = enqueue(prompt);
        const auto deadline = std::chrono::steady_clock::now() + agentcron::base::Seconds(120);
        while (!std::filesystem::exists(work() / "started") &&
               std::chrono::steady_clock::now() < deadline)
            cli.database.wait_for_value("select false", "t", agentcron::base::Millis(50));
        REQUIRE(std::filesystem::exists(work() / "started"));
        const auto calls = model_calls();
        kill_daemon();
        start_daemon();
        cli.directory.write("work/go", "");
        REQUIRE(status_of(id, "succeeded") == "succeeded");
        CHECK(task(id, "summary") == "done");
        CHECK(task(id, "run_no || '/' || attempt") == "1/1");
        CHECK(model_calls() == calls + 1);
        CHECK(cli.database.value("select count(*) from agentcron.attempts") == "1");
    }
};

const char* wait_for_go = "touch started; until [ -e go ]; do sleep 0.1; done; echo went";

} // namespace

TEST_CASE("Claude Code goes on in the midst of a tool when its daemon dies",
          "[agents][claude][adopt]") {
    AGENTCRON_NEEDS_AGENT("claude");
    Run run("claude", "claude", {"--allowedTools", "Bash"});
    run.check(script(fmt::format(R"(Bash {{"command":"{}"}})", wait_for_go)));
}

TEST_CASE("Codex goes on in the midst of a command when its daemon dies",
          "[agents][codex][adopt]") {
    AGENTCRON_NEEDS_AGENT("codex");
    Run run("codex", "codex");
    run.check(
        script(fmt::format(R"(exec_command {{"cmd":"{}","yield_time_ms":60000}})", wait_for_go)));
}

TEST_CASE("an ACP agent goes on in the midst of a tool when its daemon dies",
          "[agents][acp][adopt]") {
    AGENTCRON_NEEDS_AGENT("claude-agent-acp");
    Run run("acp", "claude-agent-acp");
    run.cli.directory.write(".claude/settings.json",
                            R"({"permissions":{"defaultMode":"default","allow":["Bash"]}})");
    run.check(script(fmt::format(R"(Bash {{"command":"{}"}})", wait_for_go)));
}
