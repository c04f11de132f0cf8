// A conversation that was there before: gone on with, or gone; and the tools that are asked about.
#include "agent/claude_driver.hpp"

#include "claude_replies.hpp"

using namespace agentcron::agent;
namespace json = boost::json;

namespace {

constexpr auto session_is_gone =
    R"({"type":"result","subtype":"error_during_execution","is_error":true,"num_turns":0,)"
    R"("session_id":"s1","errors":["No conversation found with session ID: s1"]})"
    "\n";

Brief going_on(std::string prompt) {
    Brief brief = brief_with(std::move(prompt));
    brief.session_id = "s1";
    brief.goes_on = true;
    return brief;
}

std::vector<json::value> hooks_before(const std::vector<std::string>& tools) {
    Brief brief = brief_with("Go");
    brief.ask_before = tools;
    const auto lines = lines_of(ClaudeDriver().start(brief).stdin_bytes);
    const auto& hooks = lines[0].at("request").at("hooks").at("PreToolUse").as_array();
    return {hooks.begin(), hooks.end()};
}

} // namespace

TEST_CASE("claude goes on with a conversation by its prompt", "[unit][agent][claude]") {
    const auto start = ClaudeDriver().start(going_on("and now?"));
    CHECK(start.arguments[start.arguments.size() - 2] == "--resume");
    CHECK(start.arguments.back() == "s1");
    CHECK(start.env.empty());
    const auto lines = lines_of(start.stdin_bytes);
    REQUIRE(lines.size() == 2);
    CHECK(lines[1].at("message").at("content") == "and now?");

    Brief retried = brief_with("again");
    retried.session_id = "s1";
    CHECK(ClaudeDriver().start(retried).arguments.back() == "stdio");
}

TEST_CASE("claude says when the conversation is gone", "[unit][agent][claude]") {
    DriverRun run("claude");
    run.driver().start(going_on("and now?"));
    run.out(session_is_gone);
    const auto verdict = run.exit(1);
    CHECK(verdict.kind == Verdict::Kind::failed);
    CHECK(verdict.session_is_gone);
    CHECK(verdict.message == "No conversation found with session ID: s1");

    DriverRun fresh("claude");
    fresh.driver().start(brief_with("hello"));
    fresh.out(session_is_gone);
    CHECK_FALSE(fresh.exit(1).session_is_gone);
}

TEST_CASE("in a new conversation the answers of the lost one are told, and still good",
          "[unit][agent][claude]") {
    DriverRun asked("claude");
    Transcript transcript("claude-permission-allow");
    transcript.play(asked);
    transcript.play(asked);
    Brief brief = resuming(question_in(asked), "allow");
    brief.session_id.clear();
    brief.answers[0].question_id = "of the lost one";
    DriverRun anew("claude");
    const auto start = anew.driver().start(brief);
    CHECK(start.arguments.back() == "stdio");
    const auto lines = lines_of(start.stdin_bytes);
    REQUIRE(lines.size() == 2);
    const std::string told(lines[1].at("message").at("content").as_string());
    CHECK_THAT(told, Catch::StartsWith("Go\n\nYou asked: Bash: touch made-by-tool.txt"));
    CHECK_THAT(told, Catch::Contains("The person answered: allow"));
    Transcript again("claude-permission-allow");
    again.play(anew);
    again.play(anew);
    CHECK(anew.all<Question>().empty());
    CHECK(response_in(only_line(anew.driver().after_events())).at("behavior") == "allow");
}

TEST_CASE("claude asks before the tools that it was told to ask before", "[unit][agent][claude]") {
    const auto hooks = hooks_before({"Bash", "mcp__jira__*", "mcp__my-wiki__read"});
    REQUIRE(hooks.size() == 3);
    CHECK(hooks[0].at("matcher") == "AskUserQuestion|ExitPlanMode|mcp__agentcron__ask_person|Bash");
    CHECK(hooks[1].at("matcher") == "^mcp__jira__.*$");
    CHECK(hooks[2].at("matcher") == "^mcp__my-wiki__read$");
    for (const auto& hook : hooks) {
        CHECK(hook.at("timeout") == 1'000'000);
        CHECK(hook.at("hookCallbackIds").at(0) == "agentcron");
    }
}

TEST_CASE("a command that is asked about before it runs is deferred, and runs as it was changed",
          "[unit][agent][claude]") {
    const std::string callback =
        R"({"type":"control_request","request_id":"r","request":{"subtype":"hook_callback",)"
        R"("callback_id":"agentcron","tool_use_id":"tool","input":{"hook_event_name":)"
        R"("PreToolUse","tool_name":"Bash","tool_input":{"command":"touch a"}}}})"
        "\n";
    DriverRun run("claude");
    run.out(callback);
    const auto question = question_in(run);
    CHECK(question.kind == "approve");
    CHECK(question.headline == "Bash: touch a");
    const auto parked = run.driver().park();
    CHECK(parked.ends_by_itself);
    CHECK(response_in(only_line(parked)).at("hookSpecificOutput").at("permissionDecision") ==
          "defer");

    DriverRun resumed("claude");
    const auto start =
        resumed.driver().start(resuming(question, R"({"allow":true,"input":{"command":"ls"}})"));
    CHECK(lines_of(start.stdin_bytes).size() == 1); // no prompt
    resumed.out(callback);
    CHECK(resumed.all<Question>().empty());
    const auto reply = response_in(only_line(resumed.driver().after_events()));
    const auto& decision = reply.at("hookSpecificOutput");
    CHECK(decision.at("permissionDecision") == "allow");
    CHECK(decision.at("updatedInput").at("command") == "ls");
}
