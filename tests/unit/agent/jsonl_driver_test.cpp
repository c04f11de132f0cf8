#include "agent/jsonl_driver.hpp"

#include "driver_run.hpp"

using namespace agentcron::agent;
using namespace std::string_view_literals;

namespace {

constexpr auto result_line = "{\"type\":\"result\",\"result\":\"done\"}\n"sv;

} // namespace

TEST_CASE("a jsonl agent gets its task as the first line", "[unit][agent]") {
    Brief brief{.task_id = 42,
                .attempt = 2,
                .schedule = "nightly",
                .fire_time = "2026-03-29T01:00:00Z",
                .prompt = "say \"hi\"\n",
                .params = {{"branch", "main"}},
                .session_id = {},
                .answers = {}};
    const Start start = JsonlDriver().start(brief);
    CHECK(
        start.stdin_bytes ==
        R"({"type":"task","task_id":42,"attempt":2,"schedule":"nightly",)"
        R"("fire_time":"2026-03-29T01:00:00Z","prompt":"say \"hi\"\n","params":{"branch":"main"}})"
        "\n");
    CHECK(start.stdin_stays_open);

    brief.schedule = brief.fire_time = "";
    brief.session_id = "s1";
    brief.answers = {Brief::Answered{"q1", "Which?", "main"}};
    CHECK(JsonlDriver().start(brief).stdin_bytes ==
          R"({"type":"task","task_id":42,"attempt":2,"schedule":null,"fire_time":null,)"
          R"("prompt":"say \"hi\"\n","params":{"branch":"main"},"session_id":"s1",)"
          R"("resume":{"question_id":"q1","question":"Which?","answer":"main"}})"
          "\n");
}

TEST_CASE("success is a result and exit code 0", "[unit][agent]") {
    DriverRun run("jsonl");
    run.out("{\"type\":\"text\",\"text\":\"working\"}\n").out(result_line);
    CHECK(run.only<Result>().json == "\"done\"");
    CHECK(run.only<Result>().summary == "done");
    CHECK(run.rows("message") == "{\"type\":\"text\",\"text\":\"working\"}\n|");
    CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
}

TEST_CASE("an exit with 0 but without a result is no success", "[unit][agent]") {
    DriverRun run("jsonl");
    run.out("{\"type\":\"text\",\"text\":\"working\"}\n");
    const Verdict verdict = run.exit(0);
    CHECK(verdict.kind == Verdict::Kind::failed);
    CHECK(verdict.reason == "protocol");
    CHECK_THAT(verdict.message, Catch::Contains("without a result line"));
}

TEST_CASE("neither a result nor an exit code alone is enough", "[unit][agent]") {
    DriverRun late_failure("jsonl");
    late_failure.out(result_line).err("oops\n");
    CHECK(late_failure.exit(1).message == "exited with code 1: oops");

    DriverRun confessed("jsonl");
    confessed.out("{\"type\":\"result\",\"ok\":false,\"summary\":\"no credit\"}\n");
    const Verdict verdict = confessed.exit(0);
    CHECK(verdict.reason == "exit_code");
    CHECK(verdict.message == "no credit");

    DriverRun killed("jsonl");
    killed.out(result_line);
    CHECK(killed.finish({.code = {}, .signal = 15, .terminated_by_us = true}).reason == "signal");
}

TEST_CASE("the last of several results counts", "[unit][agent]") {
    DriverRun run("jsonl");
    run.out("{\"type\":\"result\",\"ok\":false}\n").out(result_line);
    REQUIRE(run.all<Result>().size() == 2);
    CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
}

TEST_CASE("a result without a newline at the end of the output counts", "[unit][agent]") {
    DriverRun run("jsonl");
    run.out(R"({"type":"result","result":1})");
    CHECK(run.all<Result>().empty());
    CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
    CHECK(run.only<Result>().json == "1");
}

TEST_CASE("stdin closes once after the result, nothing is fed later", "[unit][agent]") {
    DriverRun run("jsonl");
    CHECK_FALSE(run.driver().after_events().close_stdin);
    CHECK(run.driver().message("hurry").stdin_bytes ==
          "{\"type\":\"message\",\"text\":\"hurry\"}\n");
    CHECK(run.driver().cancel().stdin_bytes == "{\"type\":\"cancel\"}\n");
    run.out(result_line);
    CHECK(run.driver().after_events().close_stdin);
    CHECK_FALSE(run.driver().after_events().close_stdin);
    CHECK(run.driver().message("too late").stdin_bytes.empty());
    CHECK(run.driver().cancel().stdin_bytes.empty());
}

TEST_CASE("a question is answered in-band, once, with the agent's own id", "[unit][agent]") {
    DriverRun run("jsonl");
    run.out("{\"type\":\"question\",\"id\":7,\"text\":\"Which?\",\"options\":[\"a\",\"b\"]}\n"
            "{\"type\":\"question\",\"text\":\"And then?\"}\n");
    const auto questions = run.all<Question>();
    REQUIRE(questions.size() == 2);
    CHECK(questions[0].native_id == "7");
    CHECK(questions[1].native_id == "question-2");
    CHECK(run.driver().answer("7", "a\n\"b\"").stdin_bytes ==
          "{\"type\":\"answer\",\"id\":7,\"answer\":\"a\\n\\\"b\\\"\"}\n");
    CHECK(run.driver().answer("question-2", "stop").stdin_bytes ==
          "{\"type\":\"answer\",\"id\":\"question-2\",\"answer\":\"stop\"}\n");
    CHECK(run.driver().answer("7", "again").stdin_bytes.empty());
    CHECK(run.driver().answer("nobody", "x").stdin_bytes.empty());
}

TEST_CASE("a question is withdrawn by its id", "[unit][agent]") {
    DriverRun run("jsonl");
    run.out(
        "{\"type\":\"question\",\"id\":7,\"text\":\"Which?\"}\n{\"type\":\"withdrawn\",\"id\":7}\n"
        "{\"type\":\"withdrawn\"}\n");
    CHECK(run.only<Withdrawn>().native_id == "7");
    CHECK(run.driver().answer("7", "x").stdin_bytes.empty());
}

TEST_CASE("a jsonl agent's tools may ask through the socket too", "[unit][agent]") {
    DriverRun run("jsonl");
    run.ask(R"({"id":"a1","question":"May I?"})");
    CHECK(run.only<Question>().native_id == "a1");
    const Feed feed = run.driver().answer("a1", "yes");
    REQUIRE(feed.reply);
    CHECK(feed.reply->json == R"({"answer":"yes"})");
    CHECK(feed.stdin_bytes.empty());
}

TEST_CASE("a jsonl agent may leave with its question open", "[unit][agent]") {
    DriverRun waiting("jsonl");
    waiting.out("{\"type\":\"question\",\"text\":\"Which?\"}\n");
    CHECK(waiting.exit(75).kind == Verdict::Kind::asked_and_left);
    DriverRun nothing_asked("jsonl");
    CHECK(nothing_asked.exit(75).reason == "exit_code");
}

TEST_CASE("unknown messages are kept, other lines are text", "[unit][agent]") {
    DriverRun run("jsonl");
    run.out("{\"type\":\"tool\",\"name\":\"ls\"}\r\n{\"type\":\"of tomorrow\",\"x\":1}\n"
            "plain \xFF\0\n[1]\n{\"no\":\"type\"}\n{\"type\":3}\n\n{broken\n"sv);
    CHECK(run.rows("tool") == "{\"type\":\"tool\",\"name\":\"ls\"}\r\n|");
    CHECK(run.rows("message") == "{\"type\":\"of tomorrow\",\"x\":1}\n|");
    CHECK(run.rows("text") == "plain \xFF\0\n[1]\n{\"no\":\"type\"}\n{\"type\":3}\n\n{broken\n|"sv);
    CHECK(run.events().size() == 3);
    run.err("stderr is text\n").event("{\"type\":\"usage\",\"cost_usd\":1}\n");
    CHECK(run.only<Usage>().cost_usd == 1.0);
}

TEST_CASE("messages of absurd shape do no harm", "[unit][agent]") {
    DriverRun run("jsonl");
    run.out("{\"type\":\"result\",\"result\":" + std::string(100'000, '[') + "\n");
    run.out("{\"type\":\"question\",\"text\":{\"a\":1},\"options\":7,\"id\":{}}\n");
    run.out("{\"type\":\"usage\",\"cost_usd\":{}}\n{\"type\":\"session\",\"session_id\":1}\n");
    run.out("{\"type\":\"text\",\"text\":[1]}\n");
    run.out("{\"type\":\"result\",\"result\":\"" + std::string(1u << 20, 'x') + "\"}\n");
    CHECK(run.only<Question>().native_id == "{}");
    CHECK(run.all<SessionStarted>().empty());
    CHECK(run.only<Result>().json.size() == (1u << 20) + 2);
    CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
}

TEST_CASE("a good exit code that is not 0 still needs a result", "[unit][agent]") {
    const Exit exit{.code = 3, .signal = {}, .terminated_by_us = false, .good_codes = {3}};
    DriverRun done("jsonl");
    done.out(result_line);
    CHECK(done.finish(exit).kind == Verdict::Kind::succeeded);
    CHECK_THAT(DriverRun("jsonl").finish(exit).message,
               Catch::StartsWith("exited with code 3 but without a result line"));
}

TEST_CASE("a jsonl agent gets the rows of its context in one line", "[unit][agent]") {
    Brief brief;
    brief.context = "{\"mail\":[{\"id\":1.50},\n {\"id\":2,\"s\":\"a\\nb\"}]}";
    CHECK_THAT(JsonlDriver().start(brief).stdin_bytes,
               Catch::EndsWith(",\"context\":{\"mail\":[{\"id\":1.50}, {\"id\":2,"
                               "\"s\":\"a\\nb\"}]}}\n"));
}

TEST_CASE("a jsonl agent gets the results of earlier steps as they are stored", "[unit][agent]") {
    Brief brief;
    brief.results = R"({"parse": {"pages": 12.50}})";
    CHECK_THAT(JsonlDriver().start(brief).stdin_bytes,
               Catch::EndsWith(",\"results\":{\"parse\": {\"pages\": 12.50}}}\n"));
}

TEST_CASE("a jsonl agent is told that nobody answered", "[unit][agent]") {
    DriverRun run("jsonl");
    run.out("{\"type\":\"question\",\"id\":7,\"text\":\"Which?\"}\n");
    CHECK(run.driver().no_answer("7").stdin_bytes ==
          "{\"type\":\"answer\",\"id\":7,\"answer\":null,\"timed_out\":true}\n");
    CHECK(run.driver().no_answer("7").stdin_bytes.empty());
    run.ask(R"({"id":"a1","question":"May I?"})");
    const Feed feed = run.driver().no_answer("a1");
    REQUIRE(feed.reply);
    CHECK(feed.reply->json == R"({"answer":null,"timed_out":true})");

    Brief brief;
    brief.answers = {Brief::Answered{"q1", "Which?", "", true}};
    CHECK_THAT(JsonlDriver().start(brief).stdin_bytes,
               Catch::Contains(R"("resume":{"question_id":"q1","question":"Which?","answer":null,)"
                               R"("timed_out":true})"));
}

TEST_CASE("a task ends well with a result and ready", "[unit][agent]") {
    DriverRun run("jsonl");
    run.out("{\"type\":\"ready\"}\n").out(result_line).out("{\"type\":\"ready\"}\n");
    CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
    CHECK(run.all<Output>().size() == 3); // each line is a row
}

TEST_CASE("ready without a result is a failure, unless a question is open", "[unit][agent]") {
    DriverRun run("jsonl");
    run.out("{\"type\":\"ready\"}\n");
    SECTION("nothing else") {
        const auto verdict = run.exit(0);
        CHECK(verdict.reason == "protocol");
        CHECK_THAT(verdict.message, Catch::Contains("or was ready again"));
    }
    SECTION("a question that is open") {
        run.out("{\"type\":\"question\",\"id\":\"q\",\"text\":\"Which?\"}\n"
                "{\"type\":\"ready\"}\n");
        CHECK(run.exit(0).kind == Verdict::Kind::asked_and_left);
    }
    SECTION("a question that was asked after it") {
        run.out("{\"type\":\"question\",\"id\":\"q\",\"text\":\"Which?\"}\n");
        CHECK(run.exit(0).reason == "protocol");
    }
}

TEST_CASE("a line says ready or it does not", "[unit][agent]") {
    CHECK(is_ready_line("{\"type\":\"ready\"}\n"));
    CHECK(is_ready_line("  {\"since\":1, \"type\": \"ready\"}\r\n"));
    for (const auto* line :
         {"ready\n", "{\"type\":\"text\",\"text\":\"ready\"}\n", "\"ready\"\n", ""})
        CHECK_FALSE(is_ready_line(line));
}
