// The real agents as clients of agentcron's own MCP server.
#include "agents/agents_run.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::agents;
using Catch::Contains;

namespace {

const char* ask_and_finish =
    R"(Ask @@ TOOL mcp__agentcron__ask_person {"question":"Which branch?",)"
    R"("options":["main","next"]} @@ TOOL mcp__agentcron__finish_with_result )"
    R"({"result":{"price":1.10},"summary":"three found"} @@ SAY Done.)";

class McpRun : public AgentsRun {
public:
    // claude, codex or acp
    explicit McpRun(const std::string& driver) {
        cli.directory.write(".claude/settings.json",
                            R"({"permissions":{"defaultMode":"default"}})");
        write_codex_settings();
        const auto name = driver == "acp" ? "claude-agent-acp" : driver;
        declare(driver, {program(name).string()},
                fmt::format("    mcp: true\n"
                            "    env:\n"
                            "      HOME: {}\n"
                            "      ANTHROPIC_BASE_URL: {}\n"
                            "      ANTHROPIC_API_KEY: any\n"
                            "      FAKE_MODEL_KEY: any\n"
                            "      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1'\n"
                            "      CLAUDE_CODE_MAX_RETRIES: '0'\n"
                            "      DISABLE_AUTOUPDATER: '1'\n",
                            cli.directory.path().string(), model_url()));
        start_daemon();
    }

    // Answers while it waits, and sees the result.
    void check_held() {
        const auto id = enqueue(ask_and_finish);
        const auto question = question_of(id, false);
        CHECK(question.at("headline") == "Which branch?");
        CHECK(question.at("options").as_array().size() == 2);
        cli.out({"answer", id, "2"});
        check_done(id);
        CHECK(task(id, "run_no") == "1");
        CHECK(model_calls() == 3);
    }
    void check_done(const std::string& id) {
        REQUIRE(status_of(id, "succeeded") == "succeeded");
        CHECK(task(id, "result::text || ' ' || summary") == "{\"price\": 1.1} three found");
        CHECK_THAT(cli.out({"logs", id}), Contains("next"));
        CHECK(cli.database.value("select count(*) from agentcron.questions") == "1");
    }
    std::string ask_and_park(const std::string& prompt) {
        const auto id = enqueue(prompt, R"({"hold":1})");
        question_of(id, true);
        stop_daemon();
        answer(id, "next");
        start_daemon();
        return id;
    }
};

// A turn that was cut off has used up the step of its call.
std::string asking_twice() {
    std::string script = ask_and_finish;
    const auto begin = script.find("@@ TOOL"), end = script.find(" @@ TOOL", begin + 1);
    return script.insert(end, " " + script.substr(begin, end - begin));
}

} // namespace

TEST_CASE("Claude Code asks a person by MCP and hands in its result", "[agents][claude][mcp]") {
    AGENTCRON_NEEDS_AGENT("claude");
    McpRun("claude").check_held();
}

TEST_CASE(
    "a question of Claude Code by MCP outlives its process and the daemon, at no further cost",
    "[agents][claude][mcp]") {
    AGENTCRON_NEEDS_AGENT("claude");
    McpRun run("claude");
    const auto id = run.ask_and_park(ask_and_finish);
    run.check_done(id);
    CHECK(run.task(id, "run_no || '/' || attempt") == "2/1");
    CHECK(run.model_calls() == 3);
}

TEST_CASE("what Claude Code says of its progress is seen while it runs", "[agents][claude][mcp]") {
    AGENTCRON_NEEDS_AGENT("claude");
    McpRun run("claude");
    const auto id = run.enqueue(
        R"(Go @@ TOOL mcp__agentcron__report_progress {"message":"reading","percent":25} )"
        R"(@@ TOOL mcp__agentcron__ask_person {"question":"Go on?","kind":"approve"} )"
        R"(@@ TOOL mcp__agentcron__finish_with_result {"summary":"was told no","ok":false} )"
        R"(@@ SAY All is well.)");
    run.question_of(id, false);
    CHECK(run.cli.database.value("select progress || ' ' || progress_percent from "
                                 "agentcron.running") == "reading 25");
    run.answer(id, "no: too late");
    REQUIRE(run.status_of(id, "failed") == "failed");
    CHECK(run.task(id, "message") == "was told no");
}

TEST_CASE("Codex asks a person by MCP and hands in its result", "[agents][codex][mcp]") {
    AGENTCRON_NEEDS_AGENT("codex");
    McpRun("codex").check_held();
}

TEST_CASE("a question of Codex by MCP outlives its process and the daemon",
          "[agents][codex][mcp]") {
    AGENTCRON_NEEDS_AGENT("codex");
    McpRun run("codex");
    const auto id = run.ask_and_park(asking_twice());
    run.check_done(id);
    CHECK(run.task(id, "run_no || '/' || attempt") == "2/1");
}

TEST_CASE("an ACP agent asks a person by MCP and hands in its result", "[agents][acp][mcp]") {
    AGENTCRON_NEEDS_AGENT("claude-agent-acp");
    McpRun("acp").check_held();
}

TEST_CASE("a question of an ACP agent by MCP outlives its process and the daemon",
          "[agents][acp][mcp]") {
    AGENTCRON_NEEDS_AGENT("claude-agent-acp");
    McpRun run("acp");
    const auto id = run.ask_and_park(asking_twice());
    run.check_done(id);
    CHECK(run.task(id, "run_no || '/' || attempt") == "2/1");
}
