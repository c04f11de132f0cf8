#include "agent/moments.hpp"

#include "transcript.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::agent;

namespace {

std::string described(const Moment& moment) {
    constexpr const char* kinds[] = {"words",   "piece",   "thought", "thought piece",
                                     "tool",    "end",     "denied",  "question",
                                     "warning", "failure", "result",  "other"};
    constexpr const char* outcomes[] = {"ok", "failed", "denied"};
    auto text = fmt::format("{} {}", kinds[static_cast<int>(moment.kind)],
                            moment.name.empty() ? "-" : moment.name);
    if (!moment.text.empty()) text += " \"" + moment.text + '"';
    if (moment.kind == Moment::Kind::tool_end)
        text +=
            fmt::format(" {} \"{}\"", outcomes[static_cast<int>(moment.outcome)], moment.output);
    return text + "\n";
}

// What the agent of a transcript says, without what is only the protocol's.
std::string told(const std::string& name) {
    std::string text;
    for (const auto& said : transcript(name)) {
        if (!said.by_agent) continue;
        const auto moments = moments_in(said.line);
        INFO(said.line);
        REQUIRE(moments);
        for (const auto& moment : *moments)
            if (moment.kind != Moment::Kind::other) text += described(moment);
    }
    return text;
}

} // namespace

TEST_CASE("a conversation with Claude Code is told in moments", "[unit][agent]") {
    CHECK(told("claude-permission-deny") ==
          "tool Bash \"touch made-by-tool.txt\"\n"
          "question Bash \"touch made-by-tool.txt\"\n"
          "end - denied \"The human said no: not today.\"\n"
          "words - \"ECHO: The human said no: not today.\"\n"
          "result result \"ECHO: The human said no: not today.\"\n");
}

TEST_CASE("what nobody was asked about is a denial", "[unit][agent]") {
    CHECK_THAT(told("claude-denied-no-prompt-tool"), Catch::Contains("\ndenied Bash \""));
}

TEST_CASE("a conversation with Codex is told in moments", "[unit][agent]") {
    CHECK_THAT(told("codex-server-approval-decline"),
               Catch::Contains("tool command \"/bin/bash -lc 'touch by-tool.txt'\"\n"
                               "question item/commandExecution/requestApproval "
                               "\"/bin/bash -lc 'touch by-tool.txt'\"\n"
                               "end command \"/bin/bash -lc 'touch by-tool.txt'\" denied \"\"\n"
                               "piece - \"ECHO: exec_command failed:") &&
                   Catch::Contains("warning - \"Model metadata for"));
    CHECK_THAT(told("codex-exec-success"), Catch::Contains("words - \"hi there\"\n"));
}

TEST_CASE("a failed command and a failed turn of Codex say so", "[unit][agent]") {
    const auto failed =
        moments_in(R"({"type":"item.completed","item":{"id":"i","type":"command_execution",)"
                   R"("command":"exit 3","aggregated_output":"no\n","exit_code":3,)"
                   R"("status":"failed"}})");
    REQUIRE(failed);
    CHECK(described(failed->at(0)) == "end command \"exit 3\" failed \"no\n\"\n");
    CHECK_THAT(told("codex-exec-rate-limit"), Catch::Contains("\nfailure - \""));
    CHECK_THAT(told("codex-server-errors"), Catch::Contains("\nfailure - \""));
}

TEST_CASE("a conversation with an ACP agent is told in moments", "[unit][agent]") {
    CHECK(told("acp-claude-permission-reject_once") ==
          "tool Bash \"Terminal\"\n"
          "tool - \"touch by-tool.txt\"\n"
          "question Bash \"touch by-tool.txt\"\n"
          "end - denied \"User refused permission to run tool\"\n"
          "piece - \"ECHO: User refused permission to run tool\"\n"
          "result result\n");
    CHECK_THAT(told("acp-claude-error"), Catch::Contains("failure - \""));
}

TEST_CASE("every line of every transcript is understood or left alone", "[unit][agent]") {
    for (const auto* name : {"claude-stream-queued", "claude-background-task", "claude-elicitation",
                             "claude-plan-mode", "claude-rate-limit", "codex-server-elicitation",
                             "codex-server-patch-approval", "codex-server-ask-user",
                             "acp-codex-load-2", "acp-gemini-permission-allow_once"}) {
        INFO(name);
        CHECK_THAT(told(name), Catch::Contains("\""));
    }
}

TEST_CASE("a jsonl agent's words are told, its other messages are its own", "[unit][agent]") {
    const auto words = moments_in("{\"type\":\"text\",\"text\":\"hi\"}\r\n");
    REQUIRE(words);
    CHECK(described(words->at(0)) == "words - \"hi\n\"\n");
    for (const auto* line :
         {R"({"type":"tool","name":"bash"})", R"({"type":"result","result":"done"})", "no JSON", "",
          R"({"type":"question","text":"Why?"})", R"([1])"})
        CHECK_FALSE(moments_in(line));
}

TEST_CASE("lines of absurd shape are told without harm", "[unit][agent]") {
    for (const auto* line : {
             R"({"type":"assistant","session_id":"s","message":{"content":[1,{"type":"text"}]}})",
             R"({"type":"user","session_id":"s","message":{"content":7}})",
             R"({"type":"control_request","request_id":"r","request":[]})",
             R"({"type":"result","session_id":"s","errors":[[]]})",
             R"({"method":"item/completed","params":{"item":{"type":7,"id":{}}}})",
             R"({"method":"item/completed","params":[]})",
             R"({"type":"item.completed","item":{"type":"reasoning","summary":[1,{}]}})",
             R"({"jsonrpc":"2.0","method":"session/update","params":{"update":{"content":[[]]}}})",
             R"({"jsonrpc":"2.0","error":null})",
         }) {
        INFO(line);
        CHECK(moments_in(line));
    }
}
