#include "cli/log_text.hpp"
#include "support/catch.hpp"

#include <boost/json.hpp>
#include <fstream>

using namespace agentcron::cli;

namespace {

constexpr Terminal terminal{true, false, 80};
constexpr Terminal pipe_end{};

LogRow row(std::string stream, std::string body, std::string kind = "text", int run_no = 1) {
    return {run_no, 1, "2026-11-22T09:44:10Z", std::move(stream), std::move(kind), std::move(body)};
}

} // namespace

TEST_CASE("what goes into a pipe is the bytes themselves", "[unit][cli]") {
    LogText text(pipe_end);
    CHECK(text.add(row("out", "a\x1b[2J\xFF")) == "a\x1b[2J\xFF");
    CHECK(text.add(row("err", "b")) == "b");
    CHECK(text.finish().empty());
}

TEST_CASE("on a terminal each line of stderr is marked", "[unit][cli]") {
    LogText text(terminal);
    CHECK(text.add(row("err", "one\ntw")) == "! one\n! tw");
    CHECK(text.add(row("err", "o\n")) == "o\n");
    CHECK(text.add(row("out", "fine\n")) == "fine\n");
}

TEST_CASE("the other stream starts a line of its own", "[unit][cli]") {
    LogText text(terminal);
    CHECK(text.add(row("out", "half")) == "half");
    CHECK(text.add(row("err", "wrong\n")) == "\n! wrong\n");
}

TEST_CASE("a character that two chunks share is put together", "[unit][cli]") {
    LogText text(terminal);
    CHECK(text.add(row("out", "\xE6\x97")).empty());
    CHECK(text.add(row("out", "\xA5\n")) == "日\n");
}

TEST_CASE("what was held back comes at the end", "[unit][cli]") {
    LogText text(terminal);
    CHECK(text.add(row("out", "x\xE6")) == "x");
    CHECK(text.finish() == "\\xe6\n");
}

TEST_CASE("an event takes one line", "[unit][cli]") {
    LogText text(pipe_end);
    CHECK(text.add(row("out", "half")) == "half");
    CHECK(text.add(row("out", R"({"type":"tool","name":"bash","input":{"command":"ls\n-l"}})",
                       "tool")) == "\n[tool] name=\"bash\" input={\"command\":\"ls\\n-l\"}\n");
    CHECK(event_line("note", "not json\nat all") == "[note] not json");
}

TEST_CASE("another run of the task is announced", "[unit][cli]") {
    LogText text(pipe_end);
    text.add(row("out", "first\n"));
    CHECK(text.add(row("out", "second\n", "text", 2)) ==
          "[run 2, attempt 1, 2026-11-22T09:44:10Z]\nsecond\n");
}

TEST_CASE("a conversation of Claude Code is logged in words", "[unit][cli]") {
    std::ifstream in(AGENTCRON_SOURCE_DIR
                     "/tests/unit/agent/transcripts/claude-permission-allow.jsonl");
    LogText log(pipe_end);
    std::string text;
    for (std::string line; std::getline(in, line);) {
        const auto record = boost::json::parse(line);
        if (record.at("dir") == "out")
            text +=
                log.add(row("out", boost::json::serialize(record.at("line")) + "\n", "message"));
    }
    CHECK(text + log.finish() == "[system] init\n"
                                 "[tool] Bash: touch made-by-tool.txt\n"
                                 "[question] Bash: touch made-by-tool.txt\n"
                                 "[tool_result] (Bash completed with no output)\n"
                                 "ECHO: (Bash completed with no output)\n"
                                 "[result] ECHO: (Bash completed with no output)\n");
}

TEST_CASE("pieces of what an agent says make one text", "[unit][cli]") {
    const auto piece = [](const std::string& text) {
        return row("out",
                   R"({"method":"item/agentMessage/delta","params":{"itemId":"m","delta":")" +
                       text + R"("}})",
                   "delta");
    };
    LogText log(pipe_end);
    CHECK(log.add(piece("Let me ")) == "Let me ");
    CHECK(log.add(piece("look.")) == "look.");
    const auto whole = R"({"method":"item/completed","params":{"item":{"type":"agentMessage",)"
                       R"("id":"m","text":"Let me look."}}})";
    CHECK(log.add(row("out", whole, "message")) == "\n");
    CHECK(log.add(row("out", R"({"type":"tool","name":"ls"})", "tool")) == "[tool] name=\"ls\"\n");
}
