#include "agent/codex_driver.hpp"

#include "codex_run.hpp"

using namespace agentcron::agent;
namespace json = boost::json;

namespace {

std::string always_allow(const Question&) {
    return "allow";
}

std::string methods_of(const std::vector<json::value>& lines) {
    std::string methods;
    for (const auto& line : lines) {
        const auto* method = line.get_object().if_contains("method");
        methods += method ? std::string(method->get_string()) + " " : "reply ";
    }
    return methods;
}

std::string words_of(const json::value& turn_start, std::size_t index = 0) {
    return std::string(turn_start.at("params").at("input").at(index).at("text").get_string());
}

} // namespace

TEST_CASE("codex opens a thread in the working directory and begins a turn", "[unit][agent]") {
    CodexDriver driver;
    const Start start = driver.start(codex_brief("", {}, {"codex", "-c", "a=b"}));
    CHECK(start.arguments == std::vector<std::string>{"app-server"});
    CHECK(start.stdin_stays_open);

    CodexRun codex;
    CHECK(methods_of(codex.take()) == "initialize ");
    codex.out(R"({"id":1,"result":{}})");
    auto fed = codex.take();
    REQUIRE(methods_of(fed) == "initialized thread/start ");
    CHECK(json::serialize(fed[1].at("params")) == R"({"cwd":"/w"})");
    codex.out(R"({"id":2,"result":{"thread":{"id":"t"}}})");
    fed = codex.take();
    REQUIRE(methods_of(fed) == "turn/start ");
    CHECK(fed[0].at("params").at("threadId") == "t");
    CHECK(words_of(fed[0]) == "do it");
    CHECK(codex.run.only<SessionStarted>().session_id == "t");
}

TEST_CASE("a recorded approval is asked, answered and done", "[unit][agent]") {
    CodexRun codex;
    codex.replay("codex-server-approval-accept", always_allow);
    const auto question = codex.run.only<Question>();
    CHECK(question.kind == "approve");
    CHECK(question.native_id == "0");
    CHECK(question.headline == "Run: /bin/bash -lc 'touch by-tool.txt'");
    CHECK(question.options.size() == 2); // the server offers no acceptForSession
    CHECK(json::parse(question.request) ==
          json::parse(R"({"tool":"commandExecution","input":{"cwd":"/work-dir/codex/appr",)"
                      R"("command":"/bin/bash -lc 'touch by-tool.txt'"}})"));
    CHECK(codex.replies() == written(transcript("codex-server-approval-accept"), "result"));
    CHECK(codex.run.all<Usage>().back().input_tokens == 200);
    CHECK(codex.run.all<Usage>().back().output_tokens == 20);
    const auto result = codex.run.only<Result>();
    CHECK(result.ok);
    CHECK(result.summary == "ECHO: Chunk ID: 4c78f9");
    CHECK(json::parse(result.json).is_string());
    CHECK(codex.closed);
    const auto verdict = codex.run.exit(0);
    CHECK(verdict.kind == Verdict::Kind::succeeded);
    CHECK(verdict.message.empty());
}

TEST_CASE("recorded questions of every kind are answered as their host did", "[unit][agent]") {
    CodexRun declined;
    declined.replay("codex-server-approval-decline", [](const auto&) { return "deny"; });
    CHECK(declined.replies() == written(transcript("codex-server-approval-decline"), "result"));
    CHECK(declined.run.exit(0).message.empty()); // a person said so

    CodexRun asked;
    asked.replay("codex-server-ask-user", [](const auto&) { return "blue"; });
    CHECK(asked.run.only<Question>().headline == "Which colour?");
    CHECK(asked.run.only<Question>().kind == "ask"); // it takes other words too
    CHECK(asked.run.only<Question>().options.size() == 2);
    CHECK(asked.replies() == written(transcript("codex-server-ask-user"), "result"));

    CodexRun patched;
    patched.replay("codex-server-patch-approval", always_allow);
    CHECK(patched.run.only<Question>().headline == "Change /work-dir/codex/patch2/patched.txt");
    CHECK_THAT(patched.run.only<Question>().body, Catch::Contains("hello"));
    CHECK(patched.replies() == written(transcript("codex-server-patch-approval"), "result"));

    CodexRun elicited;
    elicited.replay("codex-server-elicitation", [](const Question& question) {
        return question.kind == "form" ? R"({"env":"staging"})" : "allow";
    });
    const auto questions = elicited.run.all<Question>();
    REQUIRE(questions.size() == 2);
    CHECK(questions[0].kind == "approve");
    CHECK(questions[0].request ==
          R"({"tool":"asker.ask_form","input":{"tool_params":{"message":"Deploy where?"}}})");
    CHECK(questions[1].kind == "form");
    CHECK(json::parse(questions[1].schema).at("required").at(0) == "env");
    CHECK(elicited.replies() == written(transcript("codex-server-elicitation"), "result"));
    CHECK(elicited.run.exit(0).kind == Verdict::Kind::succeeded);
}

TEST_CASE("a leg that resumes tells the answers and gives the same request its own",
          "[unit][agent]") {
    const std::string request = R"({"input": {"command": "/bin/bash -lc 'touch by-tool.txt'",)"
                                R"( "cwd": "/work-dir/codex/killed"}, "tool": "commandExecution"})";
    Brief brief = codex_brief(
        "01a2017d-14d2-7c32-a9ff-c911829fbec3",
        {{"0", "Run: touch?", "allow", false, request}, {"a1", "Which branch?", "", true}});
    CodexRun codex(brief);
    codex.replay("codex-server-killed-in-question-2-resumed");
    CHECK(codex.run.all<Question>().empty());
    CHECK(codex.run.all<Withdrawn>().empty());
    CHECK(codex.run.exit(0).kind == Verdict::Kind::succeeded);
    CHECK(codex.replies() ==
          written(transcript("codex-server-killed-in-question-2-resumed"), "result"));
    const auto fed = codex.take();
    REQUIRE(methods_of(fed) == "initialize initialized thread/resume turn/start reply ");
    CHECK(fed[2].at("params").at("threadId").get_string() == brief.session_id);
    const auto words = words_of(fed[3]);
    CHECK_THAT(words, Catch::Contains("Question: Run: touch?\nThe person answered: allow"));
    CHECK_THAT(words, Catch::Contains("Question: Which branch?\nNobody answered in time"));
    CHECK_THAT(words, !Catch::Contains("do it"));

    brief.answers[0].request = R"({"tool":"commandExecution","input":{"command":"rm -r /"}})";
    CodexRun other(brief);
    other.replay("codex-server-killed-in-question-2-resumed");
    CHECK(other.run.all<Question>().size() == 1);
    CHECK(other.replies().empty());
}

TEST_CASE("a stored answer is given once", "[unit][agent]") {
    const std::string request = R"({"tool":"commandExecution","input":{"command":"make"}})";
    const std::string asked = R"("method":"item/commandExecution/requestApproval",)"
                              R"("params":{"itemId":"i","command":"make"}})";
    CodexRun codex(codex_brief("t", {{"0", "Run: make", "deny", false, request}}));
    codex.opened().out(R"({"id":7,)" + asked).out(R"({"id":8,)" + asked);
    REQUIRE(codex.replies().size() == 1);
    CHECK(codex.replies()[0].at("id") == 7);
    CHECK(codex.replies()[0].at("result").at("decision") == "decline");
    CHECK(codex.run.only<Question>().native_id == "8");
}

TEST_CASE("a conversation is gone on with by the prompt, if that is wanted", "[unit][agent]") {
    Brief brief = codex_brief("t");
    CodexRun another_attempt(brief);
    another_attempt.opened();
    CHECK(methods_of(another_attempt.take()) == "initialize initialized thread/start turn/start ");
    brief.goes_on = true;
    CodexRun codex(brief);
    codex.opened();
    const auto fed = codex.take();
    REQUIRE(methods_of(fed) == "initialize initialized thread/resume turn/start ");
    CHECK(words_of(fed[3]) == "do it");
}

TEST_CASE("a thread that is not known any more is replaced by a new one", "[unit][agent]") {
    CodexRun codex(codex_brief("old", {{"1", "Why?", "so"}}));
    codex.out(R"({"id":1,"result":{}})")
        .out(R"({"id":2,"error":{"code":-32600,"message":"no rollout found"}})")
        .out(R"({"id":4,"result":{"thread":{"id":"t"}}})");
    const auto fed = codex.take();
    REQUIRE(methods_of(fed) == "initialize initialized thread/resume thread/start turn/start ");
    CHECK_THAT(words_of(fed[4]), Catch::StartsWith("do it") && Catch::Contains("answered: so"));
    CHECK(codex.run.only<SessionStarted>().session_id == "t");
    codex.out(R"({"id":3,"result":{"turn":{"id":"u"}}})").turn_over("completed");
    const auto verdict = codex.run.exit(0);
    CHECK(verdict.kind == Verdict::Kind::succeeded);
    CHECK_THAT(verdict.message, Catch::StartsWith("began a new conversation") &&
                                    Catch::Contains("no rollout found"));
}

TEST_CASE("without its thread Codex does nothing where no other conversation will do",
          "[unit][agent]") {
    Brief brief = codex_brief("old");
    brief.goes_on = true;
    brief.may_begin_anew = false;
    CodexRun codex(brief);
    codex.out(R"({"id":1,"result":{}})")
        .out(R"({"id":2,"error":{"code":-32600,"message":"no rollout found"}})");
    CHECK(methods_of(codex.take()) == "initialize initialized thread/resume ");
    CHECK(codex.closed);
    const auto verdict = codex.run.exit(0);
    CHECK(verdict.session_is_gone);
    CHECK_THAT(verdict.message, Catch::Contains("no rollout found"));
}

TEST_CASE("what a server refuses to begin with is the failure", "[unit][agent]") {
    CodexRun codex;
    codex.out(R"({"id":1,"result":{}})")
        .out(R"({"id":2,"error":{"code":-32603,"message":"no such model"}})");
    CHECK_FALSE(codex.run.only<Result>().ok);
    CHECK(codex.closed);
    CHECK(codex.run.exit(0).message == "no such model (-32603)");

    CodexRun broken(codex_brief("t"));
    broken.out(R"({"id":1,"result":{}})").out(R"({"id":2,"error":{"code":-32603}})");
    CHECK(broken.run.exit(0).kind == Verdict::Kind::failed);
}

TEST_CASE("a failed turn fails with codex's own words", "[unit][agent]") {
    CodexRun codex;
    for (const auto& said : transcript("codex-server-errors")) {
        if (said.by_agent && codex.run.all<Result>().empty()) codex.out(said.line);
    }
    CHECK_FALSE(codex.run.only<Result>().ok);
    const auto verdict = codex.run.exit(0);
    CHECK(verdict.kind == Verdict::Kind::limited);
    CHECK(verdict.message == "exceeded retry limit, last status: 429 Too Many Requests "
                             "(responseTooManyFailedAttempts, HTTP 429)");
}

TEST_CASE("success needs the turn's end and a good exit code", "[unit][agent]") {
    CodexRun open;
    open.opened().said("half");
    CHECK(open.run.exit(0).reason == "protocol");
    CodexRun crashed;
    crashed.opened().said("done").turn_over("completed");
    CHECK(crashed.run.exit(3).reason == "exit_code");
    CodexRun killed;
    killed.opened().turn_over("completed");
    CHECK(killed.run.finish({.code = {}, .signal = 9, .terminated_by_us = false}).reason ==
          "signal");
    CodexRun interrupted;
    interrupted.opened().turn_over("interrupted");
    CHECK(interrupted.run.exit(0).message == "the turn was interrupted");
}

TEST_CASE("a success says what nobody was asked about", "[unit][agent]") {
    CodexRun codex;
    codex.opened()
        .out(R"({"method":"item/completed","params":{"threadId":"t","item":{"id":"i",)"
             R"("type":"commandExecution","command":"rm x","status":"declined"}}})")
        .said("I could not.\nShall I try again?")
        .turn_over("completed");
    const auto verdict = codex.run.exit(0);
    CHECK(verdict.kind == Verdict::Kind::succeeded);
    CHECK(verdict.message == "declined without a person: rm x; "
                             "ended with a question: Shall I try again?");
}

TEST_CASE("a helper's thread is not the agent's own", "[unit][agent]") {
    CodexRun codex;
    codex.opened()
        .said("mine")
        .out(R"({"method":"item/completed","params":{"threadId":"h","item":{)"
             R"("type":"agentMessage","id":"x","text":"of a helper"}}})")
        .out(R"({"method":"turn/completed","params":{"threadId":"h","turn":{"id":"v",)"
             R"("status":"failed"}}})");
    CHECK(codex.run.all<Result>().empty());
    codex.turn_over("completed");
    CHECK(codex.run.only<Result>().json == R"("mine")");
}

TEST_CASE("a message steers the turn, or waits for one", "[unit][agent]") {
    CodexRun codex;
    CHECK(codex.run.driver().message("early").is_kept);
    codex.opened();
    auto fed = codex.take();
    CHECK(words_of(fed.back(), 1) == "early");

    codex.feed(codex.run.driver().message("hurry"));
    fed = codex.take();
    REQUIRE(methods_of(fed) == "turn/steer ");
    CHECK(fed[0].at("params").at("expectedTurnId") == "u");
    CHECK(words_of(fed[0]) == "hurry");

    // The turn was over before it heard of that: the words begin the next one.
    codex.said("one").turn_over("completed");
    CHECK(codex.run.all<Result>().empty());
    codex.out(R"({"id":5,"error":{"code":-32600,"message":"no active turn"}})");
    fed = codex.take();
    REQUIRE(methods_of(fed) == "turn/start ");
    CHECK(words_of(fed[0]) == "hurry");
    codex.out(R"({"id":6,"result":{"turn":{"id":"v"}}})").said("two").turn_over("completed", "v");
    CHECK(codex.run.only<Result>().json == R"("two")");
    CHECK(codex.closed);
    const auto late = codex.run.driver().message("too late");
    CHECK(late.stdin_bytes.empty());
    CHECK_FALSE(late.is_kept);
}

TEST_CASE("a cancel interrupts the turn, and the process ends by itself", "[unit][agent]") {
    CodexRun codex;
    codex.opened().take();
    const auto feed = codex.run.driver().cancel();
    CHECK(feed.ends_by_itself);
    CHECK_FALSE(feed.close_stdin);
    const auto fed = lines_of(feed.stdin_bytes);
    REQUIRE(methods_of(fed) == "turn/interrupt ");
    CHECK(json::serialize(fed[0].at("params")) == R"({"threadId":"t","turnId":"u"})");
    CHECK(codex.run.driver().cancel().stdin_bytes.empty());
    CHECK(codex.run.driver().message("wait").stdin_bytes.empty());
    codex.out(R"({"id":5,"result":{}})").turn_over("interrupted");
    CHECK(codex.closed);
    CHECK(codex.run.all<Result>().empty());
    CHECK(codex.run.exit(0).kind == Verdict::Kind::failed);

    CodexRun early;
    CHECK(early.run.driver().cancel().close_stdin);
    CHECK_FALSE(early.run.driver().cancel().ends_by_itself);

    CodexRun recorded;
    recorded.replay("codex-server-interrupt");
    CHECK(recorded.run.exit(0).message == "the turn was interrupted");
}

TEST_CASE("a parked codex keeps its questions open", "[unit][agent]") {
    CodexRun codex;
    codex.opened().out(R"({"id":0,"method":"item/commandExecution/requestApproval",)"
                       R"("params":{"itemId":"i","command":"make"}})");
    const auto feed = codex.run.driver().park();
    CHECK(feed.ends_by_itself);
    codex.out(R"({"method":"serverRequest/resolved","params":{"requestId":0}})")
        .turn_over("interrupted");
    CHECK(codex.run.all<Withdrawn>().empty());
    CHECK(codex.closed);
    CHECK(codex.run.exit(0).kind == Verdict::Kind::asked_and_left);

    CodexRun done;
    done.opened().run.ask(R"({"id":"a1","question":"May I?"})");
    done.feed(done.run.driver().park()).said("done").turn_over("completed");
    CHECK(done.run.exit(0).kind == Verdict::Kind::succeeded);
}

TEST_CASE("a codex that asks from its tools is answered there", "[unit][agent]") {
    CodexRun codex;
    codex.opened().run.ask(R"({"id":"a1","question":"May I?"})");
    REQUIRE(codex.run.driver().answer("a1", "yes").reply);
    codex.run.ask(R"({"id":"a2","question":"And then?","park":true})");
    CHECK(codex.run.driver().after_events().reply->ask_id == "a2");
    codex.said("I wait.").turn_over("completed");
    CHECK(codex.run.exit(0).kind == Verdict::Kind::asked_and_left);
}

TEST_CASE("what codex never said so far is kept and ignored", "[unit][agent]") {
    CodexRun codex;
    codex.out("not JSON").out("[1]").out("{}").out(R"({"id":{},"result":7})");
    codex.out(R"({"id":99,"error":null})").out(R"({"method":"turn/completed"})");
    codex.out(R"({"method":"item/completed","params":{"item":[1]}})");
    codex.out(R"({"method":"thread/tokenUsage/updated","params":{"tokenUsage":{"total":-1}}})");
    codex.out(R"({"method":"serverRequest/resolved","params":{"requestId":null}})");
    codex.out(R"({"method":"of/tomorrow/somethingNew","params":3})");
    CHECK(codex.run.all<Result>().empty());
    CHECK(codex.run.rows("text") == "not JSON\n|[1]\n|");
    CHECK_THAT(codex.run.rows("new"), Catch::Contains("of/tomorrow"));
    codex.take();
    codex.out(R"({"id":"q1","method":"item/tool/call","params":{}})");
    const auto fed = codex.take();
    REQUIRE(fed.size() == 1);
    CHECK(fed[0].at("id") == "q1");
    CHECK(fed[0].at("error").at("code") == -32601);
    // A server that answers everything twice.
    codex.opened().opened().out(R"({"id":2,"error":{}})").out(R"({"id":2,"error":{}})");
    CHECK(codex.run.exit(0).kind == Verdict::Kind::failed);
}
