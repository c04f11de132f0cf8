// Conversations of the real agents over time: gone on with, taken over, gone.
#include "agents/agents_run.hpp"

#include <spdlog/fmt/fmt.h>

namespace fs = std::filesystem;
using namespace agentcron::agents;
using Catch::Contains;

namespace {

class ClaudeRun : public AgentsRun {
public:
    explicit ClaudeRun(const std::string& more = "") {
        declare("claude", {program("claude").string()},
                fmt::format("    env:\n"
                            "      HOME: {}\n"
                            "      ANTHROPIC_BASE_URL: {}\n"
                            "      ANTHROPIC_API_KEY: any\n"
                            "      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1'\n"
                            "      CLAUDE_CODE_MAX_RETRIES: '0'\n"
                            "      DISABLE_AUTOUPDATER: '1'\n{}",
                            cli.directory.path().string(), model_url(), more));
        start_daemon();
    }
    void forget_sessions() { fs::remove_all(cli.directory.path() / ".claude/projects"); }
};

class CodexRun : public AgentsRun {
public:
    explicit CodexRun(bool is_attended = true) {
        write_codex_settings();
        std::vector<std::string> command{program("codex").string()};
        if (!is_attended) command.insert(command.end(), {"exec", "--skip-git-repo-check"});
        declare("codex", command,
                fmt::format("    env:\n"
                            "      HOME: {}\n"
                            "      FAKE_MODEL_KEY: any\n",
                            cli.directory.path().string()));
        start_daemon();
    }
    void forget_sessions() { fs::remove_all(cli.directory.path() / ".codex/sessions"); }
};

class AcpRun : public AgentsRun {
public:
    AcpRun() {
        declare("acp", {program("claude-agent-acp").string()},
                fmt::format("    env:\n"
                            "      HOME: {}\n"
                            "      ANTHROPIC_BASE_URL: {}\n"
                            "      ANTHROPIC_API_KEY: any\n"
                            "      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1'\n"
                            "      DISABLE_AUTOUPDATER: '1'\n",
                            cli.directory.path().string(), model_url()));
        start_daemon();
    }
};

// By the command line; gives the new task's id.
std::string go_on(AgentsRun& run, const std::string& id, const std::string& prompt) {
    auto made = run.cli.out({"continue", id, prompt});
    made.pop_back();
    return made;
}

// A schedule of the agent with `conversation: continue`, run once; gives the task's id.
std::string trigger(AgentsRun& run, const std::string& prompt) {
    run.cli.database.execute(fmt::format(
        "insert into agentcron.schedules (name, cron, agent, prompt, conversation) values "
        "('s', '@yearly', 'real', $p${}$p$, 'continue') "
        "on conflict (name) do update set prompt = excluded.prompt",
        prompt));
    return run.cli.database.value("select agentcron.trigger_schedule('s')");
}

void goes_on_in_its_session(AgentsRun& run) {
    const auto first = run.enqueue("Look @@ SAY seen");
    REQUIRE(run.status_of(first, "succeeded") == "succeeded");
    const auto second = go_on(run, first, "Mend @@ SAY mended");
    REQUIRE(run.status_of(second, "succeeded") == "succeeded");
    CHECK(run.task(second, "summary") == "mended");
    CHECK(run.task(second, "session_id") == run.task(first, "session_id"));
    CHECK(run.model_calls() == 2);
    // The model was shown the first prompt and its answer too.
    CHECK(run.request_sizes().at(1) >= run.request_sizes().at(0) + 2);
}

template <class Run>
void goes_on_by_schedule(Run& run) {
    const auto first = trigger(run, "Look @@ SAY seen");
    REQUIRE(run.status_of(first, "succeeded") == "succeeded");
    const auto second = trigger(run, "Look again @@ SAY the same");
    REQUIRE(run.status_of(second, "succeeded") == "succeeded");
    CHECK(run.task(second, "session_id") == run.task(first, "session_id"));
    CHECK(run.task(second, "continues") == first);
    run.forget_sessions();
    const auto third = trigger(run, "Look anew @@ SAY anew");
    REQUIRE(run.status_of(third, "succeeded") == "succeeded");
    CHECK(run.task(third, "summary || '/' || attempt") == "anew/1");
    CHECK(run.task(third, "session_id") != run.task(first, "session_id"));
    CHECK_THAT(run.task(third, "message"), Contains("new"));
    run.forget_sessions();
    const auto fourth = go_on(run, third, "And @@ SAY no");
    REQUIRE(run.status_of(fourth, "failed") == "failed");
    CHECK_THAT(run.task(fourth, "message"),
               Contains("task " + third + "'s conversation could not be opened again"));
    CHECK(run.model_calls() == 3);
}

} // namespace

TEST_CASE("a person goes on with a conversation of Claude Code", "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    goes_on_in_its_session(run);
}

TEST_CASE("a person goes on with a conversation of Codex", "[agents][codex]") {
    AGENTCRON_NEEDS_AGENT("codex");
    CodexRun run;
    goes_on_in_its_session(run);
}

TEST_CASE("a person goes on with a conversation of an ACP agent", "[agents][acp]") {
    AGENTCRON_NEEDS_AGENT("claude-agent-acp");
    AcpRun run;
    goes_on_in_its_session(run);
    // Its sessions are those of Claude Code, which the printed command opens.
    const auto session = run.cli.database.value("select max(session_id) from agentcron.tasks");
    CHECK_THAT(run.cli.out({"resume-cmd", "1"}), Contains("claude --resume " + session));
    bool is_claudes = false;
    for (const auto& file :
         fs::recursive_directory_iterator(run.cli.directory.path() / ".claude/projects"))
        is_claudes |= file.path().filename() == session + ".jsonl";
    CHECK(is_claudes);
}

TEST_CASE("a schedule of Claude Code has one conversation, until it is gone", "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    goes_on_by_schedule(run);
}

TEST_CASE("a schedule of Codex has one conversation, until it is gone", "[agents][codex]") {
    AGENTCRON_NEEDS_AGENT("codex");
    CodexRun run(GENERATE(true, false));
    goes_on_by_schedule(run);
}

TEST_CASE("an answer to a session of Claude Code that is gone begins it anew with the answer",
          "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    const auto id = run.enqueue(R"(Ask @@ TOOL AskUserQuestion {"questions":[{"question":)"
                                R"("Which?","header":"W","multiSelect":false,"options":[)"
                                R"({"label":"Red","description":"r"},{"label":"Blue",)"
                                R"("description":"b"}]}]} @@ SAY thanks)",
                                R"({"hold":1})");
    run.question_of(id, true);
    run.forget_sessions();
    run.answer(id, "Blue");
    // The scripted model does not read the answer and asks once more: it gets the one that there
    // is.
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(run.task(id, "summary") == "thanks");
    CHECK(run.cli.database.value("select count(*) from agentcron.questions") == "1");
    CHECK_THAT(run.cli.out({"logs", "--raw", id}), Contains("No conversation found"));
    CHECK(run.task(id, "lost_session is not null and attempt = 1") == "t");
}

TEST_CASE("the printed command opens Claude Code's conversation", "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    const auto id = run.enqueue("Look @@ SAY seen");
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    auto command = run.cli.out({"resume-cmd", id});
    command.pop_back();
    agentcron::support::Program shell(
        {"/bin/sh", "-c",
         "export ANTHROPIC_API_KEY=any CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 "
         "DISABLE_AUTOUPDATER=1 ANTHROPIC_BASE_URL=" +
             run.model_url() + "; " + command + " -p 'Again @@ SAY taken over' </dev/null"},
        run.cli.options());
    const auto opened = shell.finish();
    INFO(command << opened.err);
    CHECK(opened.out == "taken over\n");
    CHECK(run.request_sizes().at(1) >= run.request_sizes().at(0) + 2);
}

TEST_CASE("a command that Claude Code asks about first is parked, and runs as it was changed, at "
          "no further cost",
          "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run("    ask_before: [Bash]\n");
    const auto id = run.enqueue(R"(Make it @@ TOOL Bash {"command":"touch asked"} @@ SAY made)",
                                R"({"hold":1})");
    const auto question = run.question_of(id, true);
    CHECK(question.at("kind") == "approve");
    CHECK(question.at("headline") == "Bash: touch asked");
    run.stop_daemon();
    run.answer(id, R"({"allow":true,"input":{"command":"touch answered"}})");
    run.start_daemon();
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(fs::exists(run.work() / "answered"));
    CHECK_FALSE(fs::exists(run.work() / "asked"));
    CHECK(run.model_calls() == 2);
    CHECK(run.task(id, "run_no || '/' || attempt") == "2/1");
    CHECK(run.task(id, "input_tokens || '/' || output_tokens") == "300/20");
}

TEST_CASE("of two commands that Claude Code asks about at once the first is kept",
          "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run("    ask_before: [Bash]\n");
    const auto id =
        run.enqueue(R"(Make them @@ TOOLS [{"name":"Bash","input":{"command":"touch one"}},)"
                    R"({"name":"Bash","input":{"command":"touch two"}}] @@ TOOL Bash )"
                    R"({"command":"touch two"} @@ SAY made)",
                    R"({"hold":1})");
    CHECK(run.question_of(id, true).at("headline") == "Bash: touch one");
    run.answer(id, "allow");
    CHECK(run.question_of(id, true).at("headline") == "Bash: touch two");
    run.answer(id, "allow");
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(fs::exists(run.work() / "one"));
    CHECK(fs::exists(run.work() / "two"));
}
