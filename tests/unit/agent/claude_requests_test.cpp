// Calls of agentcron's own MCP server, as Claude Code asks about them.
#include "agent/claude_requests.hpp"

#include "claude_replies.hpp"

using namespace agentcron::agent;
namespace json = boost::json;

namespace {

const std::string arguments = R"({"question":"Which branch?","options":["main","next"]})";
const std::string ask = R"({"id":"1","type":"question",)" + arguments.substr(1);

std::string hook(const std::string& input, const std::string& call = "toolu_1") {
    return R"({"type":"control_request","request_id":"r-)" + call +
           R"(","request":{"subtype":"hook_callback","callback_id":"agentcron","tool_use_id":")" +
           call + R"(","input":{"hook_event_name":"PreToolUse","tool_name":)" +
           R"("mcp__agentcron__ask_person","tool_input":)" + input + "}}}\n";
}

std::string decision_in(const json::value& line) {
    return json::value_to<std::string>(
        response_in(line).at("hookSpecificOutput").at("permissionDecision"));
}

// The run's reply to the call's own question.
std::string reply_of(DriverRun& run) {
    run.ask(ask);
    const auto feed = run.driver().after_events();
    return feed.reply ? feed.reply->json : "";
}

} // namespace

TEST_CASE("a call that asks a person is asked before it, and gets the answer",
          "[unit][agent][claude]") {
    DriverRun run("claude");
    run.driver().start(brief_with("go"));
    run.out(hook(arguments));
    const auto question = run.only<Question>();
    CHECK(question.headline == "Which branch?");
    CHECK(question.kind == "choice");
    CHECK(question.native_id == "toolu_1");
    const auto line = only_line(run.driver().answer("toolu_1", "main"));
    CHECK(decision_in(line) == "allow");
    CHECK(response_in(line).at("hookSpecificOutput").at("updatedInput") == json::parse(arguments));
    CHECK(reply_of(run) == R"({"answer":"main"})");
    CHECK(run.all<Question>().size() == 1);
    run.ask(ask); // a second call is a second question
    CHECK(run.all<Question>().size() == 2);
}

TEST_CASE("a call that asks a person is deferred by a park, and answered when it comes back",
          "[unit][agent][claude]") {
    DriverRun parked("claude");
    parked.driver().start(brief_with("go"));
    parked.out(hook(arguments));
    const auto order = parked.driver().park();
    CHECK(order.ends_by_itself);
    CHECK(decision_in(only_line(order)) == "defer");

    const bool expired = GENERATE(false, true);
    DriverRun resumed("claude");
    const auto start =
        resumed.driver().start(resuming(question_in(parked), expired ? "" : "next", expired));
    CHECK(lines_of(start.stdin_bytes).size() == 1); // no prompt: the kept call comes by itself
    resumed.out(hook(arguments));
    CHECK(decision_in(only_line(resumed.driver().after_events())) == "allow");
    CHECK(reply_of(resumed) ==
          (expired ? R"({"answer":null,"timed_out":true})" : R"({"answer":"next"})"));
    CHECK(resumed.all<Question>().empty());
}

TEST_CASE("a person who did not answer in time is told to the call", "[unit][agent][claude]") {
    DriverRun run("claude");
    run.driver().start(brief_with("go"));
    run.out(hook(arguments));
    CHECK(decision_in(only_line(run.driver().no_answer("toolu_1"))) == "allow");
    CHECK(reply_of(run) == R"({"answer":null,"timed_out":true})");
}

TEST_CASE("a call that asks wrongly goes on, and hears so itself", "[unit][agent][claude]") {
    DriverRun run("claude");
    run.driver().start(brief_with("go"));
    run.out(hook(R"({"question":""})"));
    CHECK(run.all<Question>().empty());
    CHECK(decision_in(only_line(run.driver().after_events())) == "allow");
}

TEST_CASE("nobody is asked whether agentcron's own tools may be used", "[unit][agent][claude]") {
    DriverRun run("claude");
    run.driver().start(brief_with("go"));
    run.out(R"({"type":"control_request","request_id":"r","request":{"subtype":"can_use_tool",)"
            R"("tool_name":"mcp__agentcron__finish_with_result","input":{"result":1},)"
            R"("tool_use_id":"toolu_2"}})"
            "\n");
    CHECK(run.all<Question>().empty());
    const auto reply = response_in(only_line(run.driver().after_events()));
    CHECK(reply.at("behavior") == "allow");
    CHECK(reply.at("updatedInput") == json::parse(R"({"result":1})"));
}

TEST_CASE("Claude that asked and would not wait leaves its task waiting", "[unit][agent][claude]") {
    DriverRun run("claude");
    run.driver().start(brief_with("go"));
    run.ask(R"({"id":"1","text":"Well?","park":true})");
    run.driver().after_events();
    run.out(R"({"type":"result","subtype":"success","is_error":false,"result":"I wait."})"
            "\n");
    CHECK(run.exit(0).kind == Verdict::Kind::asked_and_left);
}
