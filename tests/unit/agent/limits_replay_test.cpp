// What the real agents wrote when their provider took no more work.
#include "claude_replies.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::agent;
using agentcron::base::Instant;
using agentcron::base::Seconds;

namespace {

Verdict ended(const std::string& driver, const std::string& transcript, int code,
              const std::vector<std::string>& command = {}) {
    DriverRun run(driver);
    Brief brief = brief_with("work");
    brief.command = command;
    run.driver().start(brief);
    Transcript(transcript).play_all(run);
    return run.exit(code);
}

const std::vector<std::string> exec{"codex", "exec"};

// Codex's app-server, as far as the end of a turn.
DriverRun& codex_turn(DriverRun& run, const std::string& more, const std::string& error) {
    run.driver().start(brief_with("work"));
    run.out(R"({"id":1,"result":{}})"
            "\n"
            R"({"id":2,"result":{"thread":{"id":"t"}}})"
            "\n"
            R"({"method":"turn/started","params":{"threadId":"t","turn":{"id":"u"}}})"
            "\n");
    run.out(more);
    return run.out(
        fmt::format(R"({{"method":"turn/completed","params":{{"threadId":"t","turn":{{"id":"u",)"
                    R"("status":"failed","error":{}}}}}}})"
                    "\n",
                    error));
}

// An ACP agent whose prompt is answered by an error.
Verdict acp_error(const std::string& error) {
    DriverRun run("acp");
    run.driver().start(brief_with("work"));
    run.out(R"({"jsonrpc":"2.0","id":0,"result":{"protocolVersion":1}})"
            "\n"
            R"({"jsonrpc":"2.0","id":1,"result":{"sessionId":"s"}})"
            "\n");
    run.out(fmt::format(R"({{"jsonrpc":"2.0","id":2,"error":{}}})"
                        "\n",
                        error));
    return run.exit(0);
}

} // namespace

TEST_CASE("a usage limit of Claude Code tells when it ends", "[unit][agent][limits]") {
    const auto verdict = ended("claude", "claude-usage-limit", 1);
    CHECK(verdict.kind == Verdict::Kind::limited);
    CHECK(verdict.message == "You've hit your 5-hour limit \u00b7 resets 12:07am (UTC)");
    std::int64_t resets = 0;
    const Transcript told("claude-usage-limit");
    for (const auto& line : told.lines())
        if (line.value.at("type") == "rate_limit_event" &&
            line.value.at("rate_limit_info").at("status") == "rejected")
            resets = line.value.at("rate_limit_info").at("resetsAt").as_int64();
    REQUIRE(resets > 0);
    CHECK(verdict.until == Instant(Seconds(resets)));
}

TEST_CASE("a rate limit of Claude Code without a known end is a limit too",
          "[unit][agent][limits]") {
    const auto verdict = ended("claude", "claude-rate-limit", 1);
    CHECK(verdict.kind == Verdict::Kind::limited);
    CHECK_FALSE(verdict.until);
    CHECK_THAT(verdict.message, Catch::Contains("(429)"));
}

TEST_CASE("Claude Code without a login, or with a wrong key, needs a person",
          "[unit][agent][limits]") {
    const auto none = ended("claude", "claude-no-key", 1);
    CHECK(none.kind == Verdict::Kind::login_needed);
    CHECK(none.message == "Not logged in \u00b7 Please run /login");
    CHECK(ended("claude", "claude-bad-key-no-retries", 1).kind == Verdict::Kind::login_needed);
}

TEST_CASE("Codex tells of limits and logins by words when it runs alone", "[unit][agent][limits]") {
    const auto limited = ended("codex", "codex-exec-rate-limit", 1, exec);
    CHECK(limited.kind == Verdict::Kind::limited);
    CHECK_THAT(limited.message, Catch::Contains("429 Too Many Requests"));
    CHECK(ended("codex", "codex-exec-overloaded", 1, exec).kind == Verdict::Kind::limited);
    CHECK(ended("codex", "codex-exec-bad-key", 1, exec).kind == Verdict::Kind::login_needed);
}

TEST_CASE("Codex's server tells of limits by kind, and when they end", "[unit][agent][limits]") {
    DriverRun run("codex");
    codex_turn(run,
               R"({"method":"account/rateLimits/updated","params":{"rateLimits":{)"
               R"("primary":{"usedPercent":100,"resetsAt":1795003600},)"
               R"("secondary":{"usedPercent":40,"resetsAt":1795900000}}}})"
               "\n",
               R"({"message":"no more","codexErrorInfo":"usageLimitExceeded"})");
    const auto verdict = run.exit(0);
    CHECK(verdict.kind == Verdict::Kind::limited);
    CHECK(verdict.until == Instant(Seconds(1'795'003'600)));

    const auto by = [](const std::string& info) {
        DriverRun other("codex");
        codex_turn(other, "", fmt::format(R"({{"message":"m","codexErrorInfo":{}}})", info));
        return other.exit(0).kind;
    };
    CHECK(by(R"({"responseTooManyFailedAttempts":{"httpStatusCode":429}})") ==
          Verdict::Kind::limited);
    CHECK(by(R"("serverOverloaded")") == Verdict::Kind::limited);
    CHECK(by(R"("unauthorized")") == Verdict::Kind::login_needed);
    CHECK(by(R"({"responseStreamDisconnected":{"httpStatusCode":401}})") ==
          Verdict::Kind::login_needed);
    CHECK(by(R"("badRequest")") == Verdict::Kind::failed);
}

TEST_CASE("ACP agents tell of limits and logins by code, kind or words", "[unit][agent][limits]") {
    const auto kind = [](const std::string& error) { return acp_error(error).kind; };
    CHECK(kind(R"({"code":-32603,"message":"m","data":{"errorKind":"rate_limit"}})") ==
          Verdict::Kind::limited);
    CHECK(kind(R"({"code":429,"message":"m"})") == Verdict::Kind::limited);
    CHECK(kind(R"({"code":-32603,"message":"API Error: RESOURCE_EXHAUSTED"})") ==
          Verdict::Kind::limited);
    CHECK(kind(R"({"code":-32000,"message":"Authentication required"})") ==
          Verdict::Kind::login_needed);
    CHECK(kind(R"({"code":-32603,"message":"API Error: 400"})") == Verdict::Kind::failed);
}

TEST_CASE("agents of the open protocols tell of a limit by a line", "[unit][agent][limits]") {
    DriverRun jsonl("jsonl");
    jsonl.out(R"({"type":"limit","until":1795003600,"text":"no more"})"
              "\n");
    const auto verdict = jsonl.exit(0);
    CHECK(verdict.kind == Verdict::Kind::limited);
    CHECK(verdict.message == "no more");
    CHECK(verdict.until == Instant(Seconds(1'795'003'600)));

    DriverRun command("command");
    command.event(R"({"type":"limit","kind":"auth"})"
                  "\n");
    CHECK(command.exit(3).kind == Verdict::Kind::login_needed);

    // It went on and did its work.
    DriverRun done("jsonl");
    done.out(R"({"type":"limit"})"
             "\n"
             R"({"type":"result","result":1})"
             "\n");
    CHECK(done.exit(0).kind == Verdict::Kind::succeeded);
}

TEST_CASE("a session goes on where a limit stopped it", "[unit][agent][limits]") {
    Brief brief = brief_with("the task");
    brief.session_id = "s1";
    brief.was_limited = true;
    const auto claude = make_driver("claude")->start(brief);
    CHECK(claude.arguments.back() == "s1");
    CHECK(lines_of(claude.stdin_bytes).back().at("message").at("content") ==
          "Go on with your task.");
    CHECK(claude.env.empty());
    CHECK(lines_of(make_driver("jsonl")->start(brief).stdin_bytes).front().at("goes_on") == true);
    brief.command = exec;
    CHECK_THAT(make_driver("codex")->start(brief).stdin_bytes, Catch::Contains("Go on with"));
    // Without a session there is nothing to go on with.
    brief.session_id.clear();
    CHECK(lines_of(make_driver("claude")->start(brief).stdin_bytes)
              .back()
              .at("message")
              .at("content") == "the task");
}
