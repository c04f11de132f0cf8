// What an agent asks and tells on the side, through the socket of its run.
#include "agent/conversation.hpp"

#include "agent/json_text.hpp"
#include "agent/messages.hpp"
#include "driver_run.hpp"

using namespace agentcron::agent;

namespace {

// As the database gives it back: the request in jsonb's own order and spacing.
Brief resumed(std::string request, std::string answer, bool expired = false) {
    Brief brief;
    brief.prompt = "work";
    brief.answers = {{"3", "Which?", std::move(answer), expired, std::move(request)}};
    return brief;
}

const char* asked = R"({"ask": {"kind": "choice", "options": ["a", "b"], "headline": "Which?"}})";
const char* which = R"({"id":"1","text":"Which?","options":["a","b"]})";

std::string reply_in(Feed feed) {
    return feed.reply ? feed.reply->ask_id + " " + feed.reply->json : "";
}

} // namespace

TEST_CASE("a question on the side that is asked again is answered at once, once", "[unit][agent]") {
    const auto* driver = GENERATE("command", "jsonl", "claude", "codex", "acp");
    DriverRun run(driver);
    run.driver().start(resumed(asked, "b"));
    run.ask(which);
    CHECK(run.all<Question>().empty());
    CHECK(run.rows("question") == std::string(which) + "|");
    CHECK(reply_in(run.driver().after_events()) == R"(1 {"answer":"b"})");
    CHECK_FALSE(run.driver().after_events().reply);
    run.ask(R"({"id":"2","text":"Which?","options":["a","b"]})");
    const auto question = run.only<Question>();
    CHECK(is_same_object(question.request, asked));
    CHECK(reply_in(run.driver().answer(question.native_id, "a")) == R"(2 {"answer":"a"})");
}

TEST_CASE("another question does not get an answer that is kept", "[unit][agent]") {
    const auto* other = GENERATE(R"({"id":"1","text":"Which one?","options":["a","b"]})",
                                 R"({"id":"1","text":"Which?","options":["a","c"]})",
                                 R"({"id":"1","text":"Which?"})",
                                 R"({"id":"1","text":"Which?","options":["a","b"],"default":"a"})",
                                 R"({"id":"1","text":"Which?","options":["a","b"],"detail":"d"})");
    DriverRun run("command");
    run.driver().start(resumed(asked, "b"));
    run.ask(other);
    CHECK(run.all<Question>().size() == 1);
    CHECK_FALSE(run.driver().after_events().reply);
}

TEST_CASE("nobody answered in time is an answer for who asks again", "[unit][agent]") {
    DriverRun run("command");
    run.driver().start(resumed(asked, "", true));
    run.ask(which);
    CHECK(reply_in(run.driver().after_events()) == R"(1 {"answer":null,"timed_out":true})");
}

TEST_CASE("what was asked by a protocol is not for questions on the side", "[unit][agent]") {
    CHECK(was_asked_on_the_side({"3", "Which?", "b", false, asked}));
    CHECK(was_asked_on_the_side({"3", "Which?", "b", false, ""}));
    CHECK_FALSE(was_asked_on_the_side({"t", "Which?", "b", false, R"({"tool": "Bash"})"}));
}

TEST_CASE("an answer for a question whose asker left is not given away", "[unit][agent]") {
    const auto* driver = GENERATE("command", "jsonl", "claude", "codex", "acp");
    DriverRun run(driver);
    run.driver().start(Brief{});
    run.ask(R"({"id":"1","text":"Well?","park":true})");
    CHECK(reply_in(run.driver().after_events()) == R"(1 {"parked":true})");
    CHECK(run.driver().answer("1", "yes").is_empty());
}

TEST_CASE("a question that will not be waited for and is withdrawn keeps nobody waiting",
          "[unit][agent]") {
    DriverRun run("command");
    run.ask(R"({"id":"1","text":"Well?","park":true})").ask(R"({"id":"1","withdrawn":true})");
    CHECK(run.exit(75).reason == "exit_code");
}

TEST_CASE("progress is told on the side, and confirmed", "[unit][agent]") {
    const auto* driver = GENERATE("command", "jsonl", "claude", "codex", "acp");
    DriverRun run(driver);
    run.driver().start(Brief{});
    run.ask(R"({"type":"progress","message":"reading\nfiles","percent":12.5,"id":"1"})");
    const auto progress = run.only<Progress>();
    CHECK(progress.message == "reading");
    CHECK(progress.percent == 12.5);
    CHECK(run.rows("progress").find("\"percent\":12.5") != std::string::npos);
    CHECK(reply_in(run.driver().after_events()) == R"(1 {"ok":true})");
    run.ask(R"({"type":"progress","percent":-1,"id":"2"})");
    CHECK(run.all<Progress>().back().message == "(without words)");
    CHECK_FALSE(run.all<Progress>().back().percent);
}

TEST_CASE("a result that is handed in counts as the agent's word", "[unit][agent]") {
    DriverRun run("command");
    run.ask(R"({"type":"result","summary":"three found","result":{"n":1.10},"id":"1"})");
    const auto result = run.only<Result>();
    CHECK(result.is_handed_in);
    CHECK(result.ok);
    CHECK(result.json == R"({"n":1.10})");
    CHECK(result.summary == "three found");
    CHECK(reply_in(run.driver().after_events()) == R"(1 {"ok":true})");
    CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
}

TEST_CASE("a result that is handed in and says no fails the task, whatever came later",
          "[unit][agent]") {
    DriverRun run("jsonl");
    run.ask(R"({"type":"result","summary":"no such branch","ok":false,"id":"1"})");
    CHECK(run.driver().after_events().reply);
    CHECK_FALSE(run.driver().after_events().close_stdin); // its work goes on
    run.out("{\"type\":\"result\",\"summary\":\"all is well\"}\n");
    CHECK(run.driver().after_events().close_stdin);
    const auto verdict = run.exit(0);
    CHECK(verdict.kind == Verdict::Kind::failed);
    CHECK(verdict.message == "no such branch");
}

TEST_CASE("a form on the side has its schema", "[unit][agent]") {
    DriverRun run("command");
    run.ask(R"({"id":"1","text":"How many?","schema":{"properties":{"n":{"type":"integer"}}}})");
    CHECK(run.only<Question>().kind == "form");
    CHECK(run.only<Question>().schema == R"({"properties":{"n":{"type":"integer"}}})");
}
