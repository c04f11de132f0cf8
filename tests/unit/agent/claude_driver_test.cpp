// The driver against what Claude Code really wrote.
#include "agent/claude_driver.hpp"

#include "claude_replies.hpp"

using namespace agentcron::agent;
namespace json = boost::json;

TEST_CASE("claude gets its hooks, then its prompt", "[unit][agent][claude]") {
    const auto start = ClaudeDriver().start(brief_with("say \"hi\""));
    CHECK(start.stdin_stays_open);
    CHECK(start.arguments.front() == "-p");
    CHECK(start.arguments.back() == "stdio");
    const auto lines = lines_of(start.stdin_bytes);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].at("request").at("subtype") == "initialize");
    const auto& hook = lines[0].at("request").at("hooks").at("PreToolUse").at(0);
    CHECK(hook.at("matcher") == "AskUserQuestion|ExitPlanMode|mcp__agentcron__ask_person");
    CHECK(hook.at("timeout") == 1'000'000);
    CHECK(lines[1].at("message").at("content") == "say \"hi\"");
}

TEST_CASE("a permission is asked for, and allowed as the recorder did", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript transcript("claude-permission-allow");
    transcript.play(run);
    const auto recorded = transcript.play(run);
    const auto question = question_in(run);
    CHECK(question.kind == "approve");
    CHECK(question.headline == "Bash: touch made-by-tool.txt");
    CHECK(question.body == "command: touch made-by-tool.txt\ndescription: Make a file\n");
    CHECK(question.options.size() == 3);
    CHECK(json::parse(question.request).at("tool") == "Bash");
    CHECK(only_line(run.driver().answer(question.native_id, "yes")) == recorded);
    CHECK(run.driver().answer(question.native_id, "yes").stdin_bytes.empty());
    transcript.play_all(run);
    CHECK(run.driver().after_events().close_stdin);
    CHECK(run.only<SessionStarted>().session_id.size() == 36);
    CHECK(run.only<Result>().ok);
    CHECK(run.all<Usage>().back().input_tokens == 300);
    CHECK(run.all<Usage>().back().output_tokens == 20);
    CHECK(*run.all<Usage>().back().cost_usd == Approx(0.001412));
    CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
    CHECK_FALSE(run.rows("tool").empty());
    CHECK_FALSE(run.rows("message").empty());
}

TEST_CASE("a permission is denied with the person's words", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript transcript("claude-permission-deny");
    transcript.play(run);
    transcript.play(run);
    const auto id = question_in(run).native_id;
    const auto reply = response_in(only_line(run.driver().answer(id, "deny: use staging")));
    CHECK(reply.at("behavior") == "deny");
    CHECK(reply.at("message") == "use staging");
    transcript.play_all(run);
    const auto verdict = run.exit(0);
    CHECK(verdict.kind == Verdict::Kind::succeeded);
    CHECK_THAT(verdict.message, Catch::Contains("1 tool call was not permitted"));
}

TEST_CASE("an edited input replaces what was asked for", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript transcript("claude-permission-edit-allow");
    transcript.play(run);
    const auto recorded = transcript.play(run);
    const auto input = response_in(recorded).at("updatedInput");
    const auto answer = json::serialize(json::object{{"allow", true}, {"input", input}});
    CHECK(only_line(run.driver().answer(question_in(run).native_id, answer)) == recorded);
}

TEST_CASE("what is allowed for the session is written to no settings", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript transcript("claude-permission-allow");
    transcript.play(run);
    transcript.play(run);
    const auto id = question_in(run).native_id;
    const auto reply = response_in(only_line(run.driver().answer(id, "allow_session")));
    const auto& updates = reply.at("updatedPermissions").as_array();
    REQUIRE_FALSE(updates.empty());
    for (const auto& update : updates) CHECK(update.at("destination") == "session");
}

TEST_CASE("a choice is answered by its label, its words or in other words",
          "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript transcript("claude-ask-user-question");
    transcript.play(run);
    const auto recorded = transcript.play(run);
    const auto question = question_in(run);
    const auto expected = response_in(recorded).at("updatedInput").at("answers");
    const auto reply =
        only_line(run.driver().answer(question.native_id, json::serialize(expected)));
    CHECK(response_in(reply).at("updatedInput").at("answers") == expected);
    CHECK(response_in(reply).at("behavior") == "allow");
}

TEST_CASE("free text answers a choice", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript transcript("claude-ask-user-freetext");
    transcript.play(run);
    transcript.play(run);
    const auto question = question_in(run);
    const auto reply = only_line(run.driver().answer(question.native_id, "neither of them"));
    const auto answers = response_in(reply).at("updatedInput").at("answers").as_object();
    REQUIRE(answers.size() == 1);
    CHECK(answers.begin()->value() == "neither of them");
}

TEST_CASE("a question in the hook is parked by a deferral", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript transcript("claude-defer-1-parked");
    transcript.play(run);
    transcript.play(run);
    const auto recorded = transcript.play(run);
    const auto question = question_in(run);
    CHECK(question.kind == "ask");
    CHECK(question.headline == "Which colour?");
    CHECK(question.options.size() == 2);
    CHECK(question.native_id == "toolu_fake000196k97du1");

    const auto feed = run.driver().park();
    CHECK(feed.ends_by_itself);
    const auto reply = only_line(feed);
    CHECK(reply.at("response").at("request_id") == recorded.at("response").at("request_id"));
    CHECK(response_in(reply).at("hookSpecificOutput").at("permissionDecision") == "defer");
    transcript.play_all(run);
    CHECK(run.driver().after_events().close_stdin);
    CHECK(run.all<Withdrawn>().empty());
    CHECK(run.all<Result>().empty());
    CHECK(run.exit(0).kind == Verdict::Kind::asked_and_left);
}

TEST_CASE("the kept call gets the stored answer without being asked about again",
          "[unit][agent][claude]") {
    DriverRun parked("claude");
    Transcript first("claude-defer-1-parked");
    first.play_all(parked);
    const auto asked = question_in(parked);

    DriverRun run("claude");
    const auto start = run.driver().start(resuming(asked, "blue"));
    CHECK(start.arguments.back() == "s1");
    CHECK(start.arguments[start.arguments.size() - 2] == "--resume");
    CHECK(lines_of(start.stdin_bytes).size() == 1); // no prompt
    Transcript transcript("claude-defer-2-answered");
    const auto recorded = transcript.play(run);
    CHECK(run.all<Question>().empty());
    CHECK(only_line(run.driver().after_events()) == recorded);
    transcript.play(run);
    CHECK(asks_the_same(run, 1)); // another request is another question
    CHECK(question_in(run).headline == "Bash: touch deferred.txt");
    transcript.play_all(run);
    CHECK(*run.all<Usage>().back().cost_usd == Approx(0.001412)); // without the first process's
    CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
}

TEST_CASE("a kept call that nobody answered in time is refused in words", "[unit][agent][claude]") {
    DriverRun parked("claude");
    Transcript("claude-defer-1-parked").play_all(parked);
    DriverRun run("claude");
    run.driver().start(resuming(question_in(parked), "", true));
    Transcript("claude-defer-2-answered").play(run);
    const auto reply = response_in(only_line(run.driver().after_events()));
    CHECK(reply.at("behavior") == "deny");
    CHECK_THAT(std::string(reply.at("message").as_string()),
               Catch::Contains("Nobody answered in time"));
}

TEST_CASE("of two open hooks the first is deferred, the other is to be asked again",
          "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript transcript("claude-defer-one-1");
    for (int i = 0; i < 4; ++i) transcript.play(run);
    const auto questions = run.all<Question>();
    REQUIRE(questions.size() == 2);
    const auto lines = lines_of(run.driver().park().stdin_bytes);
    REQUIRE(lines.size() == 2);
    const auto decision = [&](std::size_t i) {
        return response_in(lines[i]).at("hookSpecificOutput").at("permissionDecision");
    };
    CHECK(decision(0) == "defer");
    CHECK(decision(1) == "deny");
}

TEST_CASE("a turn that is run again gets the stored permission once", "[unit][agent][claude]") {
    DriverRun run("claude");
    Question asked;
    asked.native_id = "toolu_of_the_process_that_is_gone";
    asked.request = R"({"input":{"command":"touch x3"},"tool":"Bash"})";
    const auto start = run.driver().start(resuming(asked, "allow"));
    CHECK(start.env == std::vector<std::string>{"CLAUDE_CODE_RESUME_INTERRUPTED_TURN=1"});
    Transcript transcript("claude-resume-interrupted-2");
    const auto recorded = transcript.play(run);
    CHECK(run.all<Question>().empty());
    CHECK(only_line(run.driver().after_events()) == recorded);
}

TEST_CASE("another command is not what was allowed", "[unit][agent][claude]") {
    DriverRun run("claude");
    Question asked;
    asked.native_id = "toolu_of_the_process_that_is_gone";
    asked.request = R"({"tool":"Bash","input":{"command":"touch x3 && rm x4"}})";
    run.driver().start(resuming(asked, "allow"));
    Transcript("claude-resume-interrupted-2").play(run);
    CHECK(asks_the_same(run, 1));
    CHECK(run.driver().after_events().stdin_bytes.empty());
}

TEST_CASE("a permission cannot be deferred: its process is ended", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript transcript("claude-permission-allow");
    transcript.play(run);
    transcript.play(run);
    const auto feed = run.driver().park();
    CHECK_FALSE(feed.ends_by_itself);
    CHECK(feed.stdin_bytes.empty());
}

TEST_CASE("what was asked on the side is told in a prompt", "[unit][agent][claude]") {
    Question asked;
    asked.native_id = "1";
    asked.headline = "Which branch?";
    const auto start = ClaudeDriver().start(resuming(asked, "main"));
    const auto lines = lines_of(start.stdin_bytes);
    REQUIRE(lines.size() == 2);
    CHECK(lines[1].at("message").at("content") ==
          "You asked: Which branch?\nThe person answered: main\n\nGo on with your task.");
    CHECK(start.env.empty());
}

TEST_CASE("forms and pages of MCP servers", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript transcript("claude-elicitation");
    for (int i = 0; i < 2; ++i) transcript.play(run);
    const auto form = transcript.play(run);
    CHECK(question_in(run).kind == "form");
    CHECK(question_in(run).headline == "Deploy where?");
    CHECK(only_line(run.driver().answer(question_in(run).native_id,
                                        R"({"env":"staging","confirm":true})")) == form);
    const auto page = transcript.play(run);
    CHECK(question_in(run).kind == "url");
    CHECK_THAT(question_in(run).body, Catch::StartsWith("https://example.invalid/sign-in\n"));
    CHECK(only_line(run.driver().answer(question_in(run).native_id, "decline")) == page);
}

TEST_CASE("a plan is shown, and approving it lets edits pass", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript transcript("claude-plan-mode");
    transcript.play(run);
    const auto recorded = transcript.play(run);
    const auto question = question_in(run);
    CHECK(question.kind == "plan");
    CHECK(question.body == "1. make a file\n2. say so");
    CHECK(only_line(run.driver().answer(question.native_id, "approve")) == recorded);
}

TEST_CASE("a plan that was approved in the hook is not asked about twice",
          "[unit][agent][claude]") {
    DriverRun run("claude");
    run.out(R"({"type":"control_request","request_id":"h","request":{"subtype":"hook_callback",)"
            R"("input":{"hook_event_name":"PreToolUse","tool_name":"ExitPlanMode",)"
            R"("tool_input":{"plan":"p"}},"tool_use_id":"t"}})"
            "\n");
    CHECK(response_in(only_line(run.driver().answer("t", "yes"))) == json::object{});
    run.out(R"({"type":"control_request","request_id":"c","request":{"subtype":"can_use_tool",)"
            R"("tool_name":"ExitPlanMode","input":{},"tool_use_id":"t"}})"
            "\n");
    const auto reply = response_in(only_line(run.driver().after_events()));
    CHECK(reply.at("behavior") == "allow");
    CHECK(reply.at("updatedPermissions").at(0).at("mode") == "acceptEdits");
    CHECK(asks_the_same(run, 1));
}

TEST_CASE("a request that Claude takes back is withdrawn", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript("claude-hook-timeout").play_all(run);
    CHECK(run.only<Withdrawn>().native_id == run.only<Question>().native_id);
}

TEST_CASE("an error in a success is a failure", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript("claude-bad-request").play_all(run);
    CHECK_FALSE(run.only<Result>().ok);
    const auto verdict = run.exit(1);
    CHECK(verdict.reason == "exit_code");
    CHECK_THAT(verdict.message, Catch::Contains("the request was invalid"));
}

TEST_CASE("money that is used up is a reason of its own", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript("claude-max-budget").play_all(run);
    const auto verdict = run.exit(1);
    CHECK(verdict.reason == "budget");
    CHECK_THAT(verdict.message, Catch::Contains("Reached maximum budget"));
}

TEST_CASE("a turn with a background command is not the last", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript("claude-background-task").play_all(run);
    CHECK(run.only<Result>().summary == "end of script");
    CHECK(run.all<Usage>().back().output_tokens == 30);
    CHECK(run.driver().after_events().close_stdin);
}

TEST_CASE("a message is a turn of its own", "[unit][agent][claude]") {
    DriverRun run("claude");
    const auto line = only_line(run.driver().message("also the tests"));
    CHECK(line.at("message").at("content") == "also the tests");
    Transcript("claude-stream-queued").play_all(run);
    CHECK(run.only<Result>().summary == "second answer");
    CHECK(run.driver().after_events().close_stdin);
    CHECK(run.driver().message("too late").stdin_bytes.empty());
}

TEST_CASE("a cancel interrupts the turn and then ends the process", "[unit][agent][claude]") {
    DriverRun run("claude");
    Transcript transcript("claude-interrupt-in-question");
    transcript.play(run);
    transcript.play(run);
    const auto feed = run.driver().cancel();
    CHECK(feed.ends_by_itself);
    CHECK(only_line(feed).at("request").at("subtype") == "interrupt");
    transcript.play_all(run);
    CHECK(run.driver().after_events().close_stdin);
    CHECK(run.exit(1).kind == Verdict::Kind::failed);
}

TEST_CASE("an end without a result is no success", "[unit][agent][claude]") {
    DriverRun run("claude");
    run.out("not JSON\n{\"type\":\"of next week\",\"x\":[1]}\n").err("no such session\n");
    CHECK(run.rows("text") == "not JSON\n|no such session\n|");
    const auto verdict = run.exit(0);
    CHECK(verdict.reason == "protocol");
    CHECK_THAT(verdict.message, Catch::Contains("no such session"));
}

TEST_CASE("a request that nobody knows is refused, so that nothing hangs",
          "[unit][agent][claude]") {
    DriverRun run("claude");
    run.out(R"({"type":"control_request","request_id":"r","request":{"subtype":"sing"}})"
            "\n");
    CHECK(only_line(run.driver().after_events()).at("response").at("subtype") == "error");
    CHECK(run.all<Question>().empty());
}

TEST_CASE("a last turn that asks in prose is marked", "[unit][agent][claude]") {
    DriverRun run("claude");
    run.out(R"({"type":"assistant","message":{"content":[{"type":"text",)"
            R"("text":"Done. Shall I push?"}]}})"
            "\n"
            R"({"type":"result","subtype":"success","is_error":false,"result":"Done."})"
            "\n");
    CHECK(run.exit(0).message == "ended with a question: Done. Shall I push?");
}
