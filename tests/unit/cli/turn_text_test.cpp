// Rows of output and what people did, as the conversation that `show` prints.
#include "cli/turn_text.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>
#include <fstream>
#include <spdlog/fmt/fmt.h>

using namespace agentcron::cli;
using Catch::Contains;

namespace {

struct Task {
    std::vector<Leg> legs{{1, 1, "2026-11-22T09:00:00Z", "here", ""}};
    std::vector<Asked> asked{};
    std::vector<Told> told{};
    std::vector<LogRow> rows{};

    Task& row(std::string body, std::string kind = "message", std::string stream = "out",
              int run_no = 1) {
        rows.push_back({run_no, 1, fmt::format("2026-11-22T09:00:{:02}Z", rows.size() + 1),
                        std::move(stream), std::move(kind), std::move(body)});
        return *this;
    }
    Task& transcript(const std::string& name) {
        std::ifstream in(AGENTCRON_SOURCE_DIR "/tests/unit/agent/transcripts/" + name + ".jsonl");
        for (std::string line; std::getline(in, line);) {
            const auto record = boost::json::parse(line);
            if (record.at("dir") == "out") row(boost::json::serialize(record.at("line")) + "\n");
        }
        return *this;
    }
    void play(const Turns::Sink& sink) const {
        Turns turns(legs, asked, told, sink);
        for (const auto& one : rows) turns.add(one);
        turns.finish();
    }
    std::string text(bool full = false) const {
        TurnText text({.task_id = 7,
                       .terminal = {},
                       .full = full,
                       .several_legs = legs.size() > 1,
                       .now = {}});
        std::string shown;
        play([&](const Turn& turn) { shown += text.add(turn); });
        return shown + text.finish();
    }
    boost::json::array json() const {
        boost::json::array all;
        play([&](const Turn& turn) { all.push_back(turn_json(turn)); });
        return all;
    }
};

Asked question(std::string outcome = "answered", std::string answer = "allow") {
    return {.id = 3,
            .run_no = 1,
            .at = "2026-11-22T09:00:03.5Z",
            .kind = "approve",
            .text = "Bash: touch made-by-tool.txt",
            .body = "It makes a file.",
            .options = {"allow", "deny"},
            .outcome = outcome,
            .answer = std::move(answer),
            .by = outcome == "answered" ? "anna" : "",
            .via = outcome == "answered" ? "cli" : "",
            .closed_at = outcome.empty() ? "" : "2026-11-22T09:01:03.5Z"};
}

} // namespace

TEST_CASE("a conversation with Claude Code, its question and the answer", "[unit][cli]") {
    Task task;
    task.transcript("claude-permission-allow").asked = {question()};
    CHECK(task.text() == "? Bash: touch made-by-tool.txt\n"
                         "  It makes a file.\n"
                         "  allow | deny\n"
                         "> allow\n"
                         "  anna, by cli, 2026-11-22T09:01:03.5Z after 1m\n"
                         "\n"
                         "* Bash: touch made-by-tool.txt (ok, 2.0s)\n"
                         "\n"
                         "ECHO: (Bash completed with no output)\n");
    CHECK_THAT(task.text(true),
               Contains("* Bash: touch made-by-tool.txt (ok, 2.0s)\n"
                        "    input\n"
                        "      {\"command\":\"touch made-by-tool.txt\",\"description\":"
                        "\"Make a file\"}\n"
                        "    output\n"
                        "      (Bash completed with no output)\n"));
}

TEST_CASE("what was refused says so and why", "[unit][cli]") {
    Task claude, acp, codex, silent;
    CHECK_THAT(claude.transcript("claude-permission-deny").text(),
               Contains("* Bash: touch made-by-tool.txt (denied, 2.0s): The human said no"));
    CHECK_THAT(acp.transcript("acp-claude-permission-reject_once").text(),
               Contains("* Bash: touch by-tool.txt (denied, ") &&
                   Contains("User refused permission to run tool\n\n"
                            "ECHO: User refused permission to run tool\n"));
    CHECK_THAT(codex.transcript("codex-server-approval-decline").text(),
               Contains("* command: /bin/bash -lc 'touch by-tool.txt' (denied"));
    CHECK_THAT(silent.transcript("claude-denied-no-prompt-tool").text(), Contains(" (denied, "));
}

TEST_CASE("words that came in pieces and then whole are shown once", "[unit][cli]") {
    Task task;
    const auto text = task.transcript("codex-server-approval-decline").text();
    const auto words = text.find("ECHO: exec_command failed");
    REQUIRE(words != std::string::npos);
    CHECK(text.find("ECHO: exec_command failed", words + 1) == std::string::npos);
}

TEST_CASE("a failed turn and warnings are shown", "[unit][cli]") {
    Task codex, claude;
    CHECK_THAT(codex.transcript("codex-exec-rate-limit").text(),
               Contains("warning: Model metadata") && Contains("failure: "));
    CHECK_THAT(claude.transcript("claude-rate-limit").text(), Contains("failure: "));
}

TEST_CASE("what was told again in a resumed session is left out", "[unit][cli]") {
    Task task;
    task.row(R"({"jsonrpc":"2.0","method":"session/update","params":{"update":)"
             R"({"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"old"}}}})",
             "history");
    CHECK(task.text().empty());
}

TEST_CASE("each leg begins under a line that says why", "[unit][cli]") {
    Task task;
    task.legs.push_back({2, 1, "2026-11-22T09:10:00Z", "here", "goes on after a question"});
    task.asked = {question()};
    task.asked[0].at = "2026-11-22T09:30:00Z"; // by another clock
    task.row("one\n", "text").row("two\n", "text", "out", 2);
    CHECK_THAT(task.text(),
               Contains("---- run 1, attempt 1, 2026-11-22T09:00:00Z on here ----\n\none\n\n? ") &&
                   Contains("\n\n---- run 2, attempt 1, 2026-11-22T09:10:00Z on here: "
                            "goes on after a question ----\n\ntwo\n"));
}

TEST_CASE("a question that is open says how to answer it", "[unit][cli]") {
    Task task;
    task.asked = {question("", "")};
    CHECK_THAT(task.text(), Contains("\n> open: agentcron answer 7 ...\n"));
    task.asked = {question("expired", "")};
    CHECK_THAT(task.text(), Contains("\n> nobody answered in time, "));
    task.asked = {question("withdrawn", "")};
    CHECK_THAT(task.text(), Contains("\n> the agent took it back, "));
    task.asked = {question("answered", "hunter2")};
    task.asked[0].is_secret = true;
    CHECK_THAT(task.text(), Contains("> (not shown)") && !Contains("hunter2"));
    CHECK(task.json().at(1).at("answer").is_null());
}

TEST_CASE("what people said stands where they said it", "[unit][cli]") {
    Task task;
    task.told = {{"2026-11-22T09:00:01.5Z", "anna", "hurry", true},
                 {"2026-11-22T09:00:09Z", "bert", "too late", false}};
    task.row("one\n", "text").row("two\n", "text");
    CHECK(task.text() == "one\n\n> hurry\n  anna, 2026-11-22T09:00:01.5Z\n\ntwo\n\n> too late\n"
                         "  bert, 2026-11-22T09:00:09Z, not delivered\n");
}

TEST_CASE("what is of one kind stands together", "[unit][cli]") {
    Task task;
    task.row(R"({"type":"text","text":"one"})").row(R"({"type":"text","text":"two"})");
    task.row(R"({"type":"tool","name":"ls"})", "tool").row("raw\n", "text");
    CHECK(task.text() == "one\ntwo\n\n[tool] name=\"ls\"\n\nraw\n");
}

TEST_CASE("a call without an end is shown when its process has gone", "[unit][cli]") {
    Task task;
    task.row(R"({"type":"assistant","session_id":"s","message":{"content":[)"
             R"({"type":"tool_use","id":"t","name":"Bash","input":{"command":"sleep 9"}}]}})");
    CHECK(task.text() == "* Bash: sleep 9 (not ended)\n");
}

TEST_CASE("calls whose ends never come cost no more than their limit", "[unit][cli]") {
    std::size_t shown = 0;
    Turns turns({}, {}, {}, [&](const Turn&) { ++shown; });
    const auto command = std::string(1u << 20, 'x');
    for (int i = 0; i < 40; ++i)
        turns.add({1, 1, "", "out", "tool",
                   fmt::format(R"({{"type":"assistant","session_id":"s","message":{{"content":[)"
                               R"({{"type":"tool_use","id":"t{}","name":"Bash","input":)"
                               R"({{"command":"{}"}}}}]}}}})",
                               i, command)});
    CHECK(shown >= 32); // each holds its command twice
    turns.finish();
    CHECK(shown == 40);
}

TEST_CASE("long output is cut, and says how to see the rest", "[unit][cli]") {
    Task task;
    std::string lines;
    for (int i = 0; i < 100; ++i) lines += fmt::format("line {}\n", i);
    task.row(lines.substr(0, 300), "text").row(lines.substr(300), "text");
    CHECK_THAT(task.text(), Contains("line 59\n... 40 more lines: agentcron logs 7\n"));
    CHECK(task.text(true) == lines);
    Task one_line;
    one_line.row(std::string(100'000, 'x'), "text");
    CHECK(one_line.text() == std::string(8192, 'x') + "\n... 1 more line: agentcron logs 7\n");
    Task words;
    words.row(boost::json::serialize(boost::json::object{{"type", "text"}, {"text", lines}}));
    CHECK_THAT(words.text(), Contains("line 59\n... 40 more lines: agentcron show 7 --full\n"));
}

TEST_CASE("nothing that an agent writes can steer the terminal", "[unit][cli]") {
    Task task;
    const std::string evil = "\x1b]0;mine\x07";
    const std::string escaped = R"(\u001b]0;mine\u0007)";
    task.row(evil, "text").row(evil, "text", "err");
    task.row(R"({"type":"text","text":")" + escaped + R"("})");
    task.row(R"({"type":"assistant","session_id":"s","message":{"content":[{"type":"tool_use",)"
             R"("id":"t","name":")" +
             escaped + R"(","input":{"command":")" + escaped +
             R"("}},{"type":"thinking",)"
             R"("thinking":")" +
             escaped + R"("}]}})");
    task.row(R"({"type":"user","session_id":"s","message":{"content":[{"type":"tool_result",)"
             R"("tool_use_id":"t","is_error":true,"content":")" +
             escaped + R"("}]}})");
    task.row(R"({"type":"tool","name":")" + escaped + R"("})", "tool");
    task.asked = {question()};
    task.asked[0].text = task.asked[0].body = task.asked[0].answer = task.asked[0].by = evil;
    task.asked[0].options = {evil};
    task.told = {{"2026-11-22T09:00:09Z", evil, evil, true}};
    task.legs = {{1, 1, evil, evil, evil}, {2, 1, evil, evil, evil}};
    for (const bool full : {false, true}) {
        CHECK(task.text(full).find('\x1b') == std::string::npos);
        CHECK(task.text(full).find('\x07') == std::string::npos);
    }
}

TEST_CASE("turns are told to machines whole", "[unit][cli]") {
    Task task;
    task.transcript("claude-permission-deny").asked = {question("answered", "deny: not today.")};
    const auto turns = task.json();
    REQUIRE(turns.size() == 4);
    CHECK(turns.at(0).at("type") == "leg");
    CHECK(turns.at(1).at("type") == "question");
    CHECK(turns.at(1).at("answered_by") == "anna");
    const auto& call = turns.at(2);
    CHECK(call.at("type") == "tool");
    CHECK(call.at("input").at("command") == "touch made-by-tool.txt");
    CHECK(call.at("outcome") == "denied");
    CHECK(call.at("seconds").as_double() == 2.0);
    CHECK(call.at("output") == "The human said no: not today.");
    CHECK(turns.at(3).at("text") == "ECHO: The human said no: not today.");
}
