// Codex itself, from its schedule to the answer of a person.
#include "agents/agents_run.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::agents;
using Catch::Contains;

namespace {

const char* make_a_file =
    R"(Make it @@ TOOL exec_command {"cmd":"touch made","sandbox_permissions":)"
    R"("require_escalated","justification":"May I make it?"} @@ SAY made it)";

class CodexRun : public AgentsRun {
public:
    explicit CodexRun(bool is_attended = true) {
        write_codex_settings("approval_policy = \"on-request\"\n"
                             "sandbox_mode = \"workspace-write\"\n");
        std::vector<std::string> command{program("codex").string()};
        if (!is_attended) command.insert(command.end(), {"exec", "--skip-git-repo-check"});
        declare("codex", command,
                fmt::format("    env:\n"
                            "      HOME: {}\n"
                            "      FAKE_MODEL_KEY: any\n",
                            cli.directory.path().string()));
        start_daemon();
    }
};

} // namespace

TEST_CASE("Codex does its task", "[agents][codex]") {
    AGENTCRON_NEEDS_AGENT("codex");
    CodexRun run;
    const auto id = run.enqueue("Say hi @@ SAY hi there");
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(run.task(id, "summary") == "hi there");
    CHECK(run.task(id, "session_id is not null") == "t");
    CHECK(run.task(id, "input_tokens > 0 and output_tokens > 0") == "t");
}

TEST_CASE("Codex does its task unattended", "[agents][codex]") {
    AGENTCRON_NEEDS_AGENT("codex");
    CodexRun run(false);
    const auto id = run.enqueue("Say hi @@ SAY hi there");
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(run.task(id, "summary") == "hi there");
}

TEST_CASE("a limit of Codex's provider is waited for, and its thread goes on", "[agents][codex]") {
    AGENTCRON_NEEDS_AGENT("codex");
    CodexRun run(GENERATE(true, false));
    const auto id = run.enqueue("Work @@ FAIL 429 1 @@ SAY all done");
    REQUIRE(run.status_of(id, "blocked") == "blocked");
    CHECK(run.task(id, "reason || '/' || attempt") == "usage_limit/0");
    const auto thread = run.task(id, "session_id");
    run.cli.out({"retry", id});
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(run.task(id, "summary") == "all done");
    CHECK(run.task(id, "session_id") == thread);
}

TEST_CASE("Codex without a login waits for a person", "[agents][codex]") {
    AGENTCRON_NEEDS_AGENT("codex");
    CodexRun run(GENERATE(true, false));
    const auto id = run.enqueue("Work @@ FAIL 401 @@ SAY never");
    REQUIRE(run.status_of(id, "blocked") == "blocked");
    CHECK(run.task(id, "reason") == "auth");
    CHECK_THAT(run.task(id, "message"), Contains("Log in to it as user "));
}

TEST_CASE("Codex is interrupted at its budget", "[agents][codex]") {
    AGENTCRON_NEEDS_AGENT("codex");
    CodexRun run;
    const std::string step = R"( @@ TOOL exec_command {"cmd":"sleep 1"})";
    const auto id = run.enqueue("Work" + step + step + step + step + " @@ SAY never",
                                R"({"budget":{"turns":2}})");
    REQUIRE(run.status_of(id, "failed") == "failed");
    CHECK(run.task(id, "reason") == "budget");
    CHECK(run.task(id, "session_id is not null and input_tokens > 0") == "t");
}

TEST_CASE("Codex is allowed a command while it waits", "[agents][codex]") {
    AGENTCRON_NEEDS_AGENT("codex");
    CodexRun run;
    const auto id = run.enqueue(make_a_file);
    const auto question = run.question_of(id, false);
    CHECK(question.at("kind") == "approve");
    CHECK_THAT(std::string(question.at("headline").as_string()), Contains("touch made"));
    run.cli.out({"answer", id, "allow"});
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(std::filesystem::exists(run.work() / "made"));
}

TEST_CASE("a request of Codex outlives its process and the daemon", "[agents][codex]") {
    AGENTCRON_NEEDS_AGENT("codex");
    CodexRun run;
    // The call that was interrupted has used up its step of the script.
    const auto id =
        run.enqueue(R"(Make it @@ TOOL exec_command {"cmd":"touch made","sandbox_permissions":)"
                    R"("require_escalated","justification":"May I make it?"} @@ TOOL exec_command )"
                    R"({"cmd":"touch made","sandbox_permissions":"require_escalated",)"
                    R"("justification":"May I make it?"} @@ SAY made it)",
                    R"({"hold":1})");
    run.question_of(id, true);
    run.stop_daemon();
    run.answer(id, "allow");
    run.start_daemon();
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(std::filesystem::exists(run.work() / "made"));
    CHECK(run.task(id, "run_no || '/' || attempt") == "2/1");
}

TEST_CASE("Codex is cancelled while it asks", "[agents][codex]") {
    AGENTCRON_NEEDS_AGENT("codex");
    CodexRun run;
    const auto id = run.enqueue(make_a_file);
    run.question_of(id, false);
    run.cli.out({"cancel", id});
    REQUIRE(run.status_of(id, "cancelled") == "cancelled");
    CHECK_FALSE(std::filesystem::exists(run.work() / "made"));
}

TEST_CASE("the example of a review asks before it does more than read", "[agents][codex]") {
    AGENTCRON_NEEDS_AGENT("codex");
    AgentsRun run;
    run.write_codex_settings();
    run.declare_example("review.yaml",
                        {{"- codex\n", "- " + program("codex").string() + "\n"},
                         {"# workspace: {dir: /srv/app}",
                          fmt::format("workspace: {{dir: {}}}\n    env: {{HOME: {}, "
                                      "FAKE_MODEL_KEY: any}}",
                                      run.work().string(), run.cli.directory.path().string())},
                         {"enabled: false", "enabled: true"}});
    run.start_daemon();
    auto id = run.cli.out(
        {"trigger", "review", "--param",
         R"(since=now @@ TOOL exec_command {"cmd":"touch fetched","sandbox_permissions":)"
         R"("require_escalated","justification":"May I fetch?"} @@ SAY no findings @@ SAY )"});
    id.pop_back();
    const auto question = run.question_of(id, false);
    CHECK_THAT(std::string(question.at("headline").as_string()), Contains("touch fetched"));
    run.cli.out({"answer", id, "allow"});
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(run.task(id, "summary") == "no findings");
    CHECK(std::filesystem::exists(run.work() / "fetched"));
}
