// Claude Code itself, from its schedule to the answer of a person.
#include "agents/agents_run.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::agents;
using Catch::Contains;

namespace {

const char* which_colour =
    R"(Ask me @@ TOOL AskUserQuestion {"questions":[{"question":"Which colour?",)"
    R"("header":"Colour","multiSelect":false,"options":[{"label":"Red","description":"r"},)"
    R"({"label":"Blue","description":"b"}]}]} @@ ECHO)";

const char* make_a_file = R"(Make it @@ TOOL Bash {"command":"touch asked"} @@ ECHO)";

class ClaudeRun : public AgentsRun {
public:
    // `env` continues its variables, `options` its command.
    explicit ClaudeRun(const std::string& env = "", std::vector<std::string> options = {}) {
        const bool has_login = env.find("TOKEN") != std::string::npos;
        options.insert(options.begin(), program("claude").string());
        declare("claude", options,
                fmt::format("    env:\n"
                            "      HOME: {}\n"
                            "      ANTHROPIC_BASE_URL: {}\n"
                            "{}"
                            "      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1'\n"
                            "      CLAUDE_CODE_MAX_RETRIES: '0'\n"
                            "      DISABLE_AUTOUPDATER: '1'\n",
                            cli.directory.path().string(), model_url(),
                            has_login ? env : env + "      ANTHROPIC_API_KEY: any\n"));
        start_daemon();
    }
};

} // namespace

TEST_CASE("Claude Code does its task", "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    const auto id = run.enqueue("Say hi @@ SAY hi there");
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(run.task(id, "summary") == "hi there");
    CHECK(run.task(id, "result") == "\"hi there\"");
    CHECK(run.task(id, "session_id is not null") == "t");
    CHECK(run.task(id, "input_tokens || '/' || output_tokens") == "150/10");
    CHECK(run.task(id, "cost_usd > 0") == "t");
    CHECK(run.model_calls() == 1);
}

TEST_CASE("a question of Claude Code is answered while it waits", "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    const auto id = run.enqueue(which_colour);
    const auto question = run.question_of(id, false);
    CHECK(question.at("headline") == "Which colour?");
    CHECK(question.at("options").as_array().size() == 2);
    run.cli.out({"answer", id, "2"});
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK_THAT(run.task(id, "summary"), Contains("\"Which colour?\"=\"Blue\""));
    CHECK(run.task(id, "run_no") == "1");
    CHECK(run.model_calls() == 2);
}

TEST_CASE("a question of Claude Code outlives its process and the daemon, at no further cost",
          "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    const auto id = run.enqueue(which_colour, R"({"hold":1})");
    run.question_of(id, true);
    CHECK(run.model_calls() == 1);
    run.stop_daemon();
    run.answer(id, "Red");
    run.start_daemon();
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK_THAT(run.task(id, "summary"), Contains("\"Which colour?\"=\"Red\""));
    CHECK(run.task(id, "run_no || '/' || attempt") == "2/1");
    CHECK(run.model_calls() == 2);
    CHECK(run.task(id, "input_tokens || '/' || output_tokens") == "300/20");
}

TEST_CASE("a question that is open when the daemon stops is parked, not lost", "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    const auto id = run.enqueue(which_colour);
    run.question_of(id, false);
    run.stop_daemon();
    CHECK(run.task(id, "status") == "waiting_for_input");
    run.start_daemon();
    run.answer(id, "Blue");
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(run.model_calls() == 2);
}

TEST_CASE("a command of Claude Code is allowed with a change", "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    const auto id = run.enqueue(make_a_file);
    const auto question = run.question_of(id, false);
    CHECK(question.at("kind") == "approve");
    CHECK(question.at("headline") == "Bash: touch asked");
    run.answer(id, R"({"allow":true,"input":{"command":"touch answered"}})");
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(std::filesystem::exists(run.work() / "answered"));
    CHECK_FALSE(std::filesystem::exists(run.work() / "asked"));
}

TEST_CASE("a permission that came after its process was gone is given when it is asked for again",
          "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    const auto id = run.enqueue(make_a_file, R"({"hold":1})");
    run.question_of(id, true);
    run.answer(id, "allow");
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(std::filesystem::exists(run.work() / "asked"));
    CHECK(run.task(id, "run_no") == "2");
}

TEST_CASE("a denial is told to Claude Code and shown on the task", "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    const auto id = run.enqueue(make_a_file);
    run.question_of(id, false);
    run.answer(id, "deny: use the other repository");
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK_THAT(run.task(id, "summary"), Contains("use the other repository"));
    CHECK_THAT(run.task(id, "message"), Contains("1 tool call was not permitted"));
}

TEST_CASE("Claude Code is cancelled while it asks", "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    const auto id = run.enqueue(which_colour);
    run.question_of(id, false);
    run.cli.out({"cancel", id});
    REQUIRE(run.status_of(id, "cancelled") == "cancelled");
    CHECK(run.task(id, "reason") == "user");
}

TEST_CASE("a usage limit of Claude Code is waited for, and its session goes on",
          "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run("      CLAUDE_CODE_OAUTH_TOKEN: any\n"); // as a subscription has it
    const auto id = run.enqueue(
        R"(Work @@ TOOL Bash {"command":"touch a"} @@ FAIL 429 1 3600 @@ SAY all done)");
    run.question_of(id, false);
    run.answer(id, "allow");
    REQUIRE(run.status_of(id, "blocked") == "blocked");
    CHECK(run.task(id, "reason || '/' || attempt") == "usage_limit/0");
    CHECK_THAT(run.task(id, "message"), Contains("You've hit your 5-hour limit"));
    CHECK(run.task(id, "(select until - now() between '50 minutes' and '61 minutes' from "
                       "agentcron.held where task_id = id)") == "t");
    run.cli.out({"retry", id});
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(run.task(id, "summary") == "all done");
    CHECK(run.task(id, "attempt || '/' || run_no") == "1/2");
    // Nothing of the work was done again, and each response counts once.
    CHECK(run.model_calls() == 3);
    CHECK(run.task(id, "input_tokens || '/' || output_tokens") == "300/20");
}

TEST_CASE("Claude Code without a login waits for a person", "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    const auto id = run.enqueue("Try @@ FAIL 401 1 @@ SAY hi");
    REQUIRE(run.status_of(id, "blocked") == "blocked");
    CHECK(run.task(id, "reason") == "auth");
    CHECK_THAT(run.task(id, "message"), Contains("then `agentcron retry " + id + "`"));
    run.cli.out({"retry", id});
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(run.task(id, "summary") == "hi");
}

TEST_CASE("Claude Code is interrupted at its budget", "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run("", {"--allowedTools", "Bash"});
    const std::string step = R"( @@ TOOL Bash {"command":"sleep 1"})";
    const std::string script = "Work" + step + step + step + step + step + " @@ SAY never";
    const auto budget =
        GENERATE(as<std::string>(), R"({"turns":2})", R"({"tokens":400})", R"({"cost_usd":0.001})");
    const auto id = run.enqueue(script, R"({"budget":)" + budget + "}");
    REQUIRE(run.status_of(id, "failed") == "failed");
    CHECK(run.task(id, "reason") == "budget");
    CHECK_THAT(run.task(id, "message"), Contains("stopped: its budget of"));
    CHECK(run.task(id, "session_id is not null") == "t");
    CHECK(run.task(id, "cost_usd > 0 and input_tokens >= 300") == "t");
    CHECK(run.model_calls() < 6);
}

TEST_CASE("an error of the model is a failure of the task", "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    const auto id = run.enqueue("Try @@ FAIL 400");
    REQUIRE(run.status_of(id, "failed") == "failed");
    CHECK(run.task(id, "reason") == "exit_code");
    CHECK_THAT(run.task(id, "message"), Contains("400"));
}
