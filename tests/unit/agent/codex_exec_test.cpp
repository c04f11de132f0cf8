#include "agent/codex_exec.hpp"

#include "codex_run.hpp"

using namespace agentcron::agent;

TEST_CASE("codex exec runs the prompt unattended", "[unit][agent]") {
    DriverRun run("codex");
    const auto start = run.driver().start(codex_brief("", {}, {"codex", "exec", "-s"}));
    CHECK(start.arguments == std::vector<std::string>{"--json", "-"});
    CHECK(start.stdin_bytes == "do it");
    CHECK_FALSE(start.stdin_stays_open);
    for (const auto& said : transcript("codex-exec-success")) run.out(said.line + "\n");
    CHECK(run.only<SessionStarted>().session_id == "01a2017c-a661-7140-8fa9-70fa7f06fb5b");
    CHECK(run.only<Usage>().input_tokens == 100);
    CHECK(run.only<Result>().json == R"("hi there")");
    CHECK_THAT(run.rows("warning"), Catch::Contains("Model metadata"));
    CHECK_THAT(run.rows("message"), Catch::Contains("hi there"));
    CHECK(run.driver().message("hurry").stdin_bytes.empty());
    CHECK_FALSE(run.driver().cancel().ends_by_itself);
    CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
}

TEST_CASE("codex exec fails with its turn, and resumes by its thread", "[unit][agent]") {
    const std::vector<std::string> command{"codex", "exec", "--json"};
    DriverRun failed("codex");
    failed.driver().start(codex_brief("", {}, command));
    for (const auto& said : transcript("codex-exec-rate-limit")) failed.out(said.line + "\n");
    CHECK(failed.exit(1).message == "exceeded retry limit, last status: 429 Too Many Requests");

    DriverRun resumed("codex");
    const auto start = resumed.driver().start(codex_brief("t", {{"a1", "Why?", "so"}}, command));
    CHECK(start.arguments == std::vector<std::string>{"resume", "t", "-"});
    CHECK_THAT(start.stdin_bytes, Catch::Contains("The person answered: so"));
    for (const auto& said : transcript("codex-exec-resume-2")) resumed.out(said.line + "\n");
    CHECK(resumed.all<Usage>().empty());
    CHECK(resumed.exit(0).kind == Verdict::Kind::succeeded);

    DriverRun cut("codex");
    cut.driver().start(codex_brief("", {}, command));
    cut.out(R"({"type":"error","message":"Reconnecting... 1/1"})"
            "\n");
    CHECK_THAT(cut.exit(0).message,
               Catch::Contains("before its turn was complete") && Catch::Contains("Reconnecting"));
}

TEST_CASE("codex exec says when its thread is gone", "[unit][agent]") {
    Brief brief = codex_brief("t", {}, {"codex", "exec", "--json"});
    DriverRun anew("codex");
    CHECK(anew.driver().start(brief).arguments == std::vector<std::string>{"-"});
    brief.goes_on = true;
    DriverRun run("codex");
    const auto start = run.driver().start(brief);
    CHECK(start.arguments == std::vector<std::string>{"resume", "t", "-"});
    CHECK(start.stdin_bytes == "do it");
    run.err("Error: thread/resume: thread/resume failed: no rollout found for thread id t "
            "(code -32600)\n\nStack backtrace:\n   0: <unknown>\n");
    const auto verdict = run.exit(1);
    CHECK(verdict.session_is_gone);
    CHECK(verdict.message == "codex: no rollout found for thread id t");
}
