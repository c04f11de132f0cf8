#include "cli/agent_words.hpp"

#include "cli/log_text.hpp"
#include "support/catch.hpp"

#include <boost/json.hpp>
#include <fstream>

using namespace agentcron::cli;

namespace {

// A recorded conversation as `logs` shows it, without what repeats.
std::string shown(const std::string& transcript, const std::string& kind) {
    std::ifstream in(AGENTCRON_SOURCE_DIR "/tests/unit/agent/transcripts/" + transcript + ".jsonl");
    LogText log{Terminal{}};
    std::string text;
    for (std::string line; std::getline(in, line);) {
        const auto record = boost::json::parse(line);
        if (record.at("dir") != "out") continue;
        text += log.add({1, 1, "", "out", kind, boost::json::serialize(record.at("line"))});
    }
    return text + log.finish();
}

} // namespace

TEST_CASE("a conversation of Claude Code is shown in words", "[unit][cli]") {
    CHECK(shown("claude-permission-allow", "message") ==
          "[system] init\n"
          "[tool] Bash: touch made-by-tool.txt\n"
          "[question] Bash: touch made-by-tool.txt\n"
          "[tool_result] (Bash completed with no output)\n"
          "ECHO: (Bash completed with no output)\n"
          "[result] ECHO: (Bash completed with no output)\n");
}

TEST_CASE("pieces of what an agent says make one text", "[unit][cli]") {
    const auto chunk = [](const std::string& text) {
        return R"({"jsonrpc":"2.0","method":"session/update","params":{"update":)"
               R"({"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":")" +
               text + R"("}}}})";
    };
    LogText log{Terminal{}};
    CHECK(log.add({1, 1, "", "out", "message", chunk("Let me ")}) == "Let me ");
    CHECK(log.add({1, 1, "", "out", "message", chunk("look.")}) == "look.");
    CHECK(log.add({1, 1, "", "out", "tool", R"({"type":"tool","name":"ls"})"}) ==
          "\n[tool] name=\"ls\"\n");
}

TEST_CASE("lines of other agents are shown as they are", "[unit][cli]") {
    CHECK_FALSE(agent_words("tool", R"({"type":"tool","name":"bash"})"));
    CHECK_FALSE(agent_words("result", R"({"type":"result","result":"done"})"));
    CHECK_FALSE(agent_words("message", "no JSON"));
    CHECK_FALSE(agent_words("message", R"({"method":"x"})"));
}
