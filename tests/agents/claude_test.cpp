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
    ClaudeRun() {
        declare("claude", {program("claude").string()},
                fmt::format("    env:\n"
                            "      HOME: {}\n"
                            "      ANTHROPIC_BASE_URL: {}\n"
                            "      ANTHROPIC_API_KEY: any\n"
                            "      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1'\n"
                            "      CLAUDE_CODE_MAX_RETRIES: '0'\n"
                            "      DISABLE_AUTOUPDATER: '1'\n",
                            cli.directory.path().string(), model_url()));
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

TEST_CASE("an error of the model is a failure of the task", "[agents][claude]") {
    AGENTCRON_NEEDS_AGENT("claude");
    ClaudeRun run;
    const auto id = run.enqueue("Try @@ FAIL 400");
    REQUIRE(run.status_of(id, "failed") == "failed");
    CHECK(run.task(id, "reason") == "exit_code");
    CHECK_THAT(run.task(id, "message"), Contains("400"));
}
