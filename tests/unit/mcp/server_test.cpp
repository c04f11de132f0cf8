// The protocol, a line at a time: modelcontextprotocol.io, revisions 2024-11-05 to 2026-07-28.
#include "mcp/server.hpp"

#include "mcp_run.hpp"

using namespace agentcron::mcp;
namespace json = boost::json;
using Catch::Contains;

namespace {

const char* stateless_meta = R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
                             R"("io.modelcontextprotocol/clientCapabilities":{}})";

std::string stateless(int id, const std::string& method, const std::string& params = "") {
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":")" + method +
           R"(","params":{)" + params + (params.empty() ? "" : ",") + stateless_meta + "}}";
}

} // namespace

TEST_CASE("initialize agrees on the client's revision, or offers the newest", "[unit][mcp]") {
    McpRun run;
    const auto* wanted = GENERATE("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "1.0");
    const auto result = run.result(
        R"({"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":")" +
        std::string(wanted) + R"(","capabilities":{},"clientInfo":{"name":"t","version":"1"}}})");
    const std::string agreed = wanted == std::string("1.0") ? "2025-11-25" : wanted;
    CHECK(result.at("protocolVersion") == json::value(agreed));
    CHECK(result.at("capabilities") == json::parse(R"({"tools":{}})"));
    CHECK(result.at("serverInfo").at("name") == "agentcron");
    CHECK(result.at("instructions").is_string());
    CHECK(run.server.receive(R"({"jsonrpc":"2.0","method":"notifications/initialized"})").lines ==
          "");
}

TEST_CASE("ping is answered at any time, other requests after initialize", "[unit][mcp]") {
    McpRun run;
    CHECK(run.only_line(R"({"jsonrpc":"2.0","id":1,"method":"ping"})") ==
          json::parse(R"({"jsonrpc":"2.0","id":1,"result":{}})"));
    CHECK(run.error_code(R"({"jsonrpc":"2.0","id":2,"method":"tools/list"})") == -32602);
    run.initialize();
    CHECK(run.result(R"({"jsonrpc":"2.0","id":3,"method":"tools/list"})").contains("tools"));
}

TEST_CASE("what is no request is refused with the code for it", "[unit][mcp]") {
    McpRun run;
    run.initialize();
    CHECK(run.error_code("{") == -32700);
    CHECK(run.error_code("\"text\"") == -32600);
    CHECK(run.error_code("[]") == -32600);
    CHECK(run.error_code(R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])") == -32600);
    CHECK(run.error_code(R"({"id":1,"method":"ping"})") == -32600);
    CHECK(run.error_code(R"({"jsonrpc":"2.0","id":1})") == -32600);
    CHECK(run.error_code(R"({"jsonrpc":"2.0","id":null,"method":"ping"})") == -32600);
    CHECK(run.error_code(R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})") == -32600);
    CHECK(run.error_code(R"({"jsonrpc":"2.0","id":1,"method":"resources/list"})") == -32601);
    CHECK(run.error_code(R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]})") ==
          -32602);
    CHECK(run.error_code(
              R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}})") ==
          -32602);
    CHECK(run.error_code(
              R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nope"}})") ==
          -32602);
    // Its id comes back also where it is all that was right.
    CHECK(run.only_line(R"({"id":"x","method":"ping"})").at("id") == "x");
}

TEST_CASE("notifications and answers get no answer", "[unit][mcp]") {
    McpRun run;
    run.initialize();
    const auto* line = GENERATE(
        R"({"jsonrpc":"2.0","method":"notifications/roots/list_changed"})",
        R"({"jsonrpc":"2.0","method":"nonsense","params":[1]})",
        R"({"jsonrpc":"2.0","id":7,"result":{}})",
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}})");
    const auto outcome = run.server.receive(line);
    CHECK(outcome.lines == "");
    CHECK(outcome.messages.empty());
}

TEST_CASE("batches are answered in one line, in the revision that has them", "[unit][mcp]") {
    McpRun run;
    run.initialize("2025-03-26");
    auto outcome = run.server.receive(
        R"([{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"x"},3,)"
        R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"report_progress",)"
        R"("arguments":{"message":"hi"}}}])");
    CHECK(outcome.lines == "");
    REQUIRE(outcome.messages.size() == 1);
    outcome = run.server.replied(outcome.messages[0].call, R"({"ok":true})");
    const auto replies = json::parse(outcome.lines);
    REQUIRE(replies.as_array().size() == 3);
    CHECK(replies.at(0).at("id") == 1);
    CHECK(replies.at(1).at("error").at("code") == -32600);
    CHECK(replies.at(2).at("id") == 2);
    CHECK(run.server.receive(R"([{"jsonrpc":"2.0","method":"x"}])").lines == "");
}

TEST_CASE("a stateless request says its revision itself", "[unit][mcp]") {
    McpRun run;
    const auto found = run.result(stateless(1, "server/discover"));
    CHECK(found.at("supportedVersions").at(0) == "2026-07-28");
    CHECK(found.at("resultType") == "complete");
    CHECK(found.at("capabilities") == json::parse(R"({"tools":{}})"));
    CHECK(found.at("ttlMs").is_int64());
    const auto tools = run.result(stateless(2, "tools/list"));
    CHECK(tools.at("cacheScope") == "public");
    CHECK(tools.at("_meta").at("io.modelcontextprotocol/serverInfo").at("name") == "agentcron");
    CHECK(run.error_code(stateless(3, "ping")) == -32601);
    CHECK(run.error_code(stateless(4, "initialize")) == -32601);
    // Both eras side by side.
    run.initialize();
    CHECK_FALSE(
        run.result(R"({"jsonrpc":"2.0","id":5,"method":"tools/list"})").contains("resultType"));
}

TEST_CASE("a revision that is not spoken is refused with those that are", "[unit][mcp]") {
    McpRun run;
    const auto error =
        run.only_line(R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{)"
                      R"("io.modelcontextprotocol/protocolVersion":"2030-01-01"}}})")
            .at("error");
    CHECK(error.at("code") == -32022);
    CHECK(error.at("data").at("requested") == "2030-01-01");
    CHECK(error.at("data").at("supported").at(0) == "2026-07-28");
    CHECK(run.error_code(R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{)"
                         R"("io.modelcontextprotocol/protocolVersion":"2026-07-28"}}})") == -32602);
}

TEST_CASE("a call waits for the run's reply while others are served", "[unit][mcp]") {
    McpRun run;
    run.initialize();
    const auto ask = run.call(1, "ask_person", R"({"question":"Which?"})");
    CHECK(run.server.has_calls());
    run.result(R"({"jsonrpc":"2.0","id":2,"method":"ping"})");
    const auto second = run.call(3, "ask_person", R"({"question":"When?"})");
    const auto when = run.replied(second, R"({"answer":"now","id":"2"})");
    CHECK(when.at("id") == 3);
    CHECK(when.at("result").at("structuredContent").at("answer") == "now");
    CHECK(run.replied(ask, R"({"answer":"this"})").at("id") == 1);
    CHECK_FALSE(run.server.has_calls());
}

TEST_CASE("a call that waits shows progress where the client asked for it", "[unit][mcp]") {
    McpRun run;
    run.initialize();
    run.call(1, "ask_person", R"({"question":"Which?"})", R"("progressToken":"p")");
    run.call(2, "ask_person", R"({"question":"When?"})");
    const auto first = json::parse(run.server.time_passed().lines);
    CHECK(first.at("method") == "notifications/progress");
    CHECK(first.at("params").at("progressToken") == "p");
    const auto second = json::parse(run.server.time_passed().lines);
    CHECK(second.at("params").at("progress").as_int64() >
          first.at("params").at("progress").as_int64());
}

TEST_CASE("a call that is cancelled gets no response, and its question is given up",
          "[unit][mcp]") {
    McpRun run;
    run.initialize();
    const auto call = run.call(1, "ask_person", R"({"question":"Which?"})", R"("progressToken":5)");
    const auto cancelled = run.server.receive(
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
    CHECK(cancelled.lines == "");
    CHECK(cancelled.given_up == std::vector<std::int64_t>{call});
    CHECK(run.server.replied(call, R"({"answer":"late"})").lines == "");
    CHECK(run.server.time_passed().lines == "");
    CHECK_FALSE(run.server.has_calls());
}

TEST_CASE("an id that is in use is refused", "[unit][mcp]") {
    McpRun run;
    run.initialize();
    run.call(1, "ask_person", R"({"question":"Which?"})");
    CHECK(run.error_code(R"({"jsonrpc":"2.0","id":1,"method":"ping"})") == -32600);
    // Not the same id: a text and a number.
    CHECK(run.result(R"({"jsonrpc":"2.0","id":"1","method":"ping"})").empty());
}

TEST_CASE("what the run refuses is for the model to read", "[unit][mcp]") {
    McpRun run;
    run.initialize();
    const auto call = run.call(1, "ask_person", R"({"question":"Which?"})");
    const auto line = json::parse(run.server.failed(call, "go on without it").lines);
    CHECK(line.at("result").at("isError") == true);
    CHECK(line.at("result").at("content").at(0).at("text") == "go on without it");
    CHECK_FALSE(line.at("result").as_object().contains("structuredContent"));
}
