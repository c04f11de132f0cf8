#include "agent/command_driver.hpp"

#include "driver_run.hpp"

using namespace agentcron::agent;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

Brief brief_with(std::string_view prompt) {
    Brief brief;
    brief.task_id = 42;
    brief.prompt = prompt;
    return brief;
}

} // namespace

TEST_CASE("a command gets its prompt on a stdin that ends", "[unit][agent]") {
    const Start start = CommandDriver().start(brief_with("say \"hi\"\n$HOME"));
    CHECK(start.stdin_bytes == "say \"hi\"\n$HOME");
    CHECK_FALSE(start.stdin_stays_open);
    CHECK(start.env.empty());
}

TEST_CASE("a command that resumes gets question and answer twice", "[unit][agent]") {
    Brief brief = brief_with("work");
    brief.session_id = "s1";
    brief.answers = {Brief::Answered{"q1", "Which\nbranch?", "ma\0in"s}};
    const Start start = CommandDriver().start(brief);
    CHECK(start.stdin_bytes ==
          "work\n\nYou asked earlier:\nWhich\nbranch?\n\nThe answer:\nma\0in\n"sv);
    CHECK(start.env ==
          std::vector<std::string>{"AGENTCRON_SESSION_ID=s1", "AGENTCRON_QUESTION_ID=q1",
                                   "AGENTCRON_QUESTION=Which\nbranch?", "AGENTCRON_ANSWER=ma in"});

    brief.answers[0].answer = std::string(1u << 20, 'a');
    const Start large = CommandDriver().start(brief);
    CHECK(large.env.back().size() < (33u << 10));
    CHECK(large.stdin_bytes.size() > (1u << 20));
}

TEST_CASE("stdout and stderr of a command are kept byte by byte", "[unit][agent]") {
    DriverRun run("command");
    run.out("{\"type\":\"result\"}\nhalf").err("warn\xFF\0"sv).out(" line\n").out("");
    const auto rows = run.all<Output>();
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].body == "{\"type\":\"result\"}\nhalf");
    CHECK(rows[1].body == "warn\xFF\0"sv);
    CHECK(rows[1].stream == Stream::err);
    CHECK(rows[2].body == " line\n");
    for (const Output& row : rows) CHECK(row.kind == "text");
    CHECK(run.events().size() == 3);
    CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
}

TEST_CASE("messages on fd 3 are understood", "[unit][agent]") {
    DriverRun run("command");
    run.event(R"({"type":"session","session_id":"s1"})"
              "\n"
              R"({"type":"usage","input_tokens":5})"
              "\n"
              R"({"type":"usage","cost_usd":0.5})"
              "\nplain\n"
              R"({"type":"text","text":"half )");
    run.event("done\"}\n")
        .event(R"({"type":"result","result":{"free":12.50},"summary":"12 GB free"})");
    CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
    CHECK(run.only<SessionStarted>().session_id == "s1");
    REQUIRE(run.all<Usage>().size() == 2);
    CHECK(run.all<Usage>()[1].input_tokens == 5);
    CHECK(run.all<Usage>()[1].cost_usd == 0.5);
    CHECK(run.only<Result>().json == R"({"free":12.50})");
    CHECK(run.only<Result>().summary == "12 GB free");
    CHECK(run.rows("text") == "plain\n|");
    CHECK(run.rows("message") == "{\"type\":\"text\",\"text\":\"half done\"}\n|");
    CHECK(run.rows("session") == "{\"type\":\"session\",\"session_id\":\"s1\"}\n|");
}

TEST_CASE("a question on fd 3 is kept but cannot be answered", "[unit][agent]") {
    DriverRun run("command");
    run.event("{\"type\":\"question\",\"id\":\"q1\",\"text\":\"Why?\"}\n");
    CHECK(run.all<Question>().empty());
    CHECK(run.rows("question") == "{\"type\":\"question\",\"id\":\"q1\",\"text\":\"Why?\"}\n|");
    CHECK_FALSE(run.driver().answer("q1", "because").reply);
    CHECK(run.exit(75).reason == "exit_code");
}

TEST_CASE("an ask is answered once", "[unit][agent]") {
    DriverRun run("command");
    run.ask(R"({"id":"a1","question":"Which branch?","options":["main","next"],"default":"next"})");
    const Question question = run.only<Question>();
    CHECK(question.native_id == "a1");
    CHECK(question.headline == "Which branch?");
    CHECK(question.kind == "choice");
    CHECK(question.default_option == "next");
    CHECK(run.only<Output>().kind == "question");
    CHECK(run.only<Output>().stream == Stream::ask);

    const Feed feed = run.driver().answer("a1", "it's \"main\"");
    REQUIRE(feed.reply);
    CHECK(feed.reply->ask_id == "a1");
    CHECK(feed.reply->json == R"({"answer":"it's \"main\""})");
    CHECK(feed.stdin_bytes.empty());
    CHECK_FALSE(run.driver().answer("a1", "again").reply);
    CHECK_FALSE(run.driver().answer("unknown", "x").reply);
    CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
}

TEST_CASE("a withdrawn ask is closed", "[unit][agent]") {
    DriverRun run("command");
    run.ask(R"({"id":"a1","question":"Well?"})").ask(R"({"id":"a1","withdrawn":true})");
    CHECK(run.only<Withdrawn>().native_id == "a1");
    CHECK_FALSE(run.driver().answer("a1", "late").reply);
    CHECK(run.exit(75).kind == Verdict::Kind::failed);
}

TEST_CASE("an ask that nobody could answer is only kept", "[unit][agent]") {
    DriverRun run("command");
    run.ask("not json").ask("{}").ask(R"({"id":7,"question":"x"})").ask("\0\xFF"sv).ask("");
    CHECK(run.all<Question>().empty());
    CHECK(run.all<Output>().size() == 4);
}

TEST_CASE("an ask that will not wait is told to go, once, and stays open", "[unit][agent]") {
    DriverRun run("command");
    run.ask(R"({"id":"a1","question":"Well?","park":true})");
    run.ask(R"({"id":"a2","question":"And?","park":true})");
    for (const char* id : {"a1", "a2"}) {
        const Feed feed = run.driver().after_events();
        REQUIRE(feed.reply);
        CHECK(feed.reply->ask_id == id);
        CHECK(feed.reply->json == R"({"parked":true})");
    }
    CHECK_FALSE(run.driver().after_events().reply);
    CHECK(run.all<Withdrawn>().empty());
    CHECK(run.exit(75).kind == Verdict::Kind::asked_and_left);
}

TEST_CASE("exit code 75 after asking leaves the task waiting", "[unit][agent]") {
    DriverRun unanswered("command");
    unanswered.ask(R"({"id":"a1","question":"Well?"})");
    CHECK(unanswered.exit(75).kind == Verdict::Kind::asked_and_left);

    DriverRun parked("command");
    parked.ask(R"({"id":"a1","question":"Well?","park":true})");
    CHECK(parked.only<Question>().park_at_once);
    parked.driver().answer("a1", "an answer that came as the process left");
    CHECK(parked.exit(75).kind == Verdict::Kind::asked_and_left);

    DriverRun answered("command");
    answered.ask(R"({"id":"a1","question":"Well?"})");
    answered.driver().answer("a1", "yes");
    CHECK(answered.exit(75).reason == "exit_code");

    DriverRun silent("command");
    CHECK(silent.exit(75).reason == "exit_code");
}

TEST_CASE("a failure is told with the last words of stderr", "[unit][agent]") {
    DriverRun run("command");
    run.err("Traceback:\n" + std::string(10'000, '.')).err("\nValueError: no\tdisk\n\n");
    const Verdict verdict = run.exit(3);
    CHECK(verdict.kind == Verdict::Kind::failed);
    CHECK(verdict.reason == "exit_code");
    CHECK(verdict.message == "exited with code 3: ValueError: no disk");

    DriverRun binary("command");
    binary.err("\xFF\xFE");
    CHECK(binary.exit(1).message == "exited with code 1");
}

TEST_CASE("a signal is named", "[unit][agent]") {
    DriverRun run("command");
    const Verdict verdict = run.finish({.code = {}, .signal = 9, .terminated_by_us = false});
    CHECK(verdict.reason == "signal");
    CHECK(verdict.message == "killed by SIGKILL");
    CHECK(DriverRun("command")
              .finish({.code = {}, .signal = 64, .terminated_by_us = false})
              .message == "killed by signal 64");
    CHECK(DriverRun("command").finish({}).reason == "protocol");
}

TEST_CASE("a result that says it failed fails a command that exits with 0", "[unit][agent]") {
    DriverRun run("command");
    run.event(R"({"type":"result","ok":false,"summary":"the disk is full"})"
              "\n");
    const Verdict verdict = run.exit(0);
    CHECK(verdict.reason == "exit_code");
    CHECK(verdict.message == "the disk is full");
}

TEST_CASE("a command hears nothing but signals", "[unit][agent]") {
    CommandDriver driver;
    for (const Feed& feed : {driver.message("hello"), driver.cancel(), driver.after_events()}) {
        CHECK(feed.stdin_bytes.empty());
        CHECK_FALSE(feed.close_stdin);
        CHECK_FALSE(feed.reply);
    }
}

TEST_CASE("the exit codes that count as good ends are the task's", "[unit][agent]") {
    const auto kind = [](int code) {
        DriverRun run("command");
        return run
            .finish({.code = code, .signal = {}, .terminated_by_us = false, .good_codes = {0, 3}})
            .kind;
    };
    CHECK(kind(0) == Verdict::Kind::succeeded);
    CHECK(kind(3) == Verdict::Kind::succeeded);
    CHECK(kind(1) == Verdict::Kind::failed);

    DriverRun only_three("command");
    const Verdict verdict =
        only_three.finish({.code = 0, .signal = {}, .terminated_by_us = false, .good_codes = {3}});
    CHECK(verdict.reason == "exit_code");
    CHECK(verdict.message == "exited with code 0");
}

TEST_CASE("a command is given the results of earlier steps", "[unit][agent]") {
    Brief brief = brief_with("work");
    brief.results = R"({"parse": {"pages": 12.50}})";
    brief.results_file = "/run/results.json";
    CHECK(CommandDriver().start(brief).env ==
          std::vector<std::string>{"AGENTCRON_RESULTS_FILE=/run/results.json",
                                   R"(AGENTCRON_RESULTS={"parse": {"pages": 12.50}})"});
    brief.results = "{\"a\":\"" + std::string(40'000, 'x') + "\"}";
    CHECK(CommandDriver().start(brief).env ==
          std::vector<std::string>{"AGENTCRON_RESULTS_FILE=/run/results.json"});
}

TEST_CASE("an ask that nobody answers in time is told so, once", "[unit][agent]") {
    DriverRun run("command");
    run.ask(R"({"id":"a1","question":"Well?"})");
    const Feed feed = run.driver().no_answer("a1");
    REQUIRE(feed.reply);
    CHECK(feed.reply->ask_id == "a1");
    CHECK(feed.reply->json == R"({"answer":null,"timed_out":true})");
    CHECK_FALSE(run.driver().no_answer("a1").reply);
    CHECK_FALSE(run.driver().answer("a1", "late").reply);
    CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
}

TEST_CASE("a command that resumes without an answer hears that there is none", "[unit][agent]") {
    Brief brief = brief_with("work");
    brief.answers = {Brief::Answered{"q1", "Which?", "", true}};
    const Start start = CommandDriver().start(brief);
    CHECK(start.stdin_bytes == "work\n\nYou asked earlier:\nWhich?\n\nNobody answered in time. Go "
                               "on without an answer.\n");
    CHECK(start.env ==
          std::vector<std::string>{"AGENTCRON_QUESTION_ID=q1", "AGENTCRON_QUESTION=Which?",
                                   "AGENTCRON_ANSWER=", "AGENTCRON_ANSWER_TIMED_OUT=1"});
}
