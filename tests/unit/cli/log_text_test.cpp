#include "cli/log_text.hpp"
#include "support/catch.hpp"

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
