// `agentcron check-agent` with the real agents, and what `show` tells of their tasks.
#include "agents/agents_run.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::agents;
using Catch::Contains;
namespace support = agentcron::support;

namespace {

class CheckRun : public AgentsRun {
public:
    void declare_claude(const std::string& driver, const std::string& name, bool has_key = true) {
        declare(driver, {program(name).string()},
                fmt::format("    env:\n"
                            "      HOME: {}\n"
                            "      ANTHROPIC_BASE_URL: {}\n{}"
                            "      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1'\n"
                            "      CLAUDE_CODE_MAX_RETRIES: '0'\n"
                            "      DISABLE_AUTOUPDATER: '1'\n",
                            cli.directory.path().string(), model_url(),
                            has_key ? "      ANTHROPIC_API_KEY: any\n" : ""));
    }
    void declare_codex(bool has_provider = true) {
        if (has_provider) write_codex_settings();
        declare("codex", {program("codex").string()},
                fmt::format("    env:\n"
                            "      HOME: {}\n"
                            "      FAKE_MODEL_KEY: any\n",
                            cli.directory.path().string()));
    }
    support::Finished check(std::vector<std::string> more = {}) {
        const auto config = write_config();
        std::vector<std::string> arguments{"check-agent", "real", "--config", config};
        arguments.insert(arguments.end(), more.begin(), more.end());
        auto finished = cli.run(arguments);
        UNSCOPED_INFO(finished.out << finished.err);
        return finished;
    }
};

} // namespace

TEST_CASE("Claude Code is checked without asking its model", "[agents][claude][check-agent]") {
    AGENTCRON_NEEDS_AGENT("claude");
    CheckRun run;
    run.declare_claude("claude", "claude");
    const auto checked = run.check();
    CHECK(checked.exit_code == 0);
    CHECK_THAT(checked.out, Contains("ok      version    2.") &&
                                Contains("ok      login      by ANTHROPIC_API_KEY\n") &&
                                Contains("ok      questions  permissions, choices, plans, forms"));
    CHECK(run.model_calls() == 0);
    const auto turn = run.check({"--turn"});
    CHECK(turn.exit_code == 0);
    CHECK_THAT(turn.out, Contains("ok      session    ") && Contains("ok      turn       "));
    CHECK(run.model_calls() == 1);
}

TEST_CASE("Claude Code without a login is told from one with", "[agents][claude][check-agent]") {
    AGENTCRON_NEEDS_AGENT("claude");
    CheckRun run;
    run.declare_claude("claude", "claude", false);
    const auto checked = run.check();
    CHECK(checked.exit_code == 1);
    CHECK_THAT(checked.out, Contains("failed  login      not logged in\n"));
    const auto turn = run.check({"--turn"});
    CHECK(turn.exit_code == 1);
    CHECK_THAT(turn.out, Contains("failed  turn       Not logged in"));
}

TEST_CASE("Codex is checked without asking its model", "[agents][codex][check-agent]") {
    AGENTCRON_NEEDS_AGENT("codex");
    CheckRun run;
    run.declare_codex();
    const auto checked = run.check();
    CHECK(checked.exit_code == 0);
    CHECK_THAT(checked.out, Contains("ok      version    0.") &&
                                Contains("ok      login      not needed") &&
                                Contains("ok      session    ") && Contains("approvals"));
    CHECK(run.model_calls() == 0);
    const auto turn = run.check({"--turn"});
    CHECK(turn.exit_code == 0);
    CHECK_THAT(turn.out, Contains("ok      turn       "));
    CHECK(run.model_calls() == 1);
}

TEST_CASE("Codex without a login says so", "[agents][codex][check-agent]") {
    AGENTCRON_NEEDS_AGENT("codex");
    CheckRun run;
    run.declare_codex(false);
    const auto checked = run.check();
    CHECK(checked.exit_code == 1);
    CHECK_THAT(checked.out,
               Contains("failed  login      not logged in\n") && Contains("codex login"));
}

TEST_CASE("an ACP agent is checked without asking its model", "[agents][acp][check-agent]") {
    AGENTCRON_NEEDS_AGENT("claude-agent-acp");
    CheckRun run;
    run.declare_claude("acp", "claude-agent-acp");
    const auto checked = run.check();
    CHECK(checked.exit_code == 0);
    CHECK_THAT(checked.out, Contains("ok      version    @agentclientprotocol/claude-agent-acp ") &&
                                Contains("ok      login      Anthropic API key\n") &&
                                Contains("ok      session    ") &&
                                Contains("ok      resume     ") &&
                                Contains("ok      questions  permissions, forms"));
    CHECK(run.model_calls() == 0);
    const auto turn = run.check({"--turn"});
    CHECK(turn.exit_code == 0);
    CHECK_THAT(turn.out, Contains("ok      turn       "));
}

TEST_CASE("a task of Claude Code is told as a conversation", "[agents][claude][show]") {
    AGENTCRON_NEEDS_AGENT("claude");
    CheckRun run;
    run.declare_claude("claude", "claude");
    run.start_daemon();
    const auto id = run.enqueue(R"(Make it @@ TOOL Bash {"command":"touch asked"} @@ SAY made it)");
    run.question_of(id, false);
    run.cli.out({"answer", id, "allow"});
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    const auto text = run.cli.out({"show", id});
    CHECK_THAT(text, Contains("\n? ") && Contains("touch asked") && Contains("\n> allow\n") &&
                         Contains("\n* Bash: touch asked (ok, ") && Contains("\nmade it\n") &&
                         Contains(" USD, "));
    CHECK_THAT(run.cli.out({"logs", "--raw", id}),
               Contains("\n{\"type\":\"result\"") || Contains("\"type\":\"result\""));
}
