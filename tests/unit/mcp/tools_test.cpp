#include "mcp/tools.hpp"

#include "mcp_run.hpp"

using namespace agentcron::mcp;
namespace json = boost::json;
using Catch::Contains;

namespace {

// What ask_person gives for these arguments and this reply.
json::object answered(const std::string& arguments, const std::string& reply) {
    McpRun run;
    run.initialize();
    const auto result = run.replied(run.call(1, "ask_person", arguments), reply).at("result");
    const auto given = result.at("structuredContent").as_object();
    CHECK(result.at("isError") == false);
    CHECK(json::parse(result.at("content").at(0).at("text").as_string()) == json::value(given));
    return given;
}

} // namespace

TEST_CASE("each tool is described with the schema of an object", "[unit][mcp]") {
    const auto tools = tool_descriptions();
    REQUIRE(tools.size() == 3);
    for (const auto& tool : tools) {
        const auto& schema = tool.at("inputSchema");
        INFO(json::serialize(tool));
        CHECK(schema.at("type") == "object");
        CHECK(schema.at("additionalProperties") == false);
        CHECK(tool.at("description").as_string().size() > 40);
        CHECK(tool.at("annotations").at("destructiveHint") == false);
        for (const auto& property : schema.at("properties").as_object())
            CHECK(property.value().as_object().contains("description"));
    }
    const auto& ask = tools.at(0);
    CHECK(ask.at("name") == "ask_person");
    CHECK(ask.at("inputSchema").at("required") == json::parse(R"(["question"])"));
    CHECK(ask.at("outputSchema").at("required") == json::parse(R"(["status","answer"])"));
    CHECK(ask.at("inputSchema")
              .at("properties")
              .at("options")
              .at("items")
              .at("anyOf")
              .at(1)
              .at("required") == json::parse(R"(["value"])"));
    CHECK(tools.at(1).at("inputSchema").at("required") == json::parse(R"(["message"])"));
    CHECK_FALSE(tools.at(2).at("inputSchema").as_object().contains("required"));
}

TEST_CASE("a question goes to the run as it was asked", "[unit][mcp]") {
    McpRun run;
    run.initialize();
    const auto message = run.message_of(
        1, "ask_person", R"({"question":"Which?","options":["a","b"],"default":"a"})");
    CHECK(json::parse(message.json) ==
          json::parse(R"({"type":"question","question":"Which?","options":["a","b"],)"
                      R"("default":"a"})"));
}

TEST_CASE("a question that cannot be asked is told what is wrong", "[unit][mcp]") {
    McpRun run;
    run.initialize();
    const auto fault = [&](const char* arguments) { return run.fault("ask_person", arguments); };
    CHECK_THAT(fault("{}"), Contains("question: expected"));
    CHECK_THAT(fault(R"({"question":"  "})"), Contains("question: expected"));
    CHECK_THAT(fault(R"({"question":"q","options":"a"})"), Contains("options: expected"));
    CHECK_THAT(fault(R"({"question":"q","options":[[]]})"), Contains("options: expected"));
    CHECK_THAT(fault(R"({"question":"q","options":["a"],"default":"b"})"), Contains("default"));
    CHECK_THAT(fault(R"({"question":"q","kind":"choice"})"), Contains("needs options"));
    CHECK_THAT(fault(R"({"question":"q","kind":"poll"})"), Contains("kind: expected one of"));
    CHECK_THAT(fault(R"({"question":"q","kind":"form"})"), Contains("needs schema"));
    CHECK_FALSE(run.server.has_calls());
}

TEST_CASE("an answer is given as the person's words, and as what they mean", "[unit][mcp]") {
    CHECK(answered(R"({"question":"q"})", R"({"answer":"Blue, I think"})") ==
          json::parse(R"({"status":"answered","answer":"Blue, I think"})"));
    const auto* approve = R"({"question":"q","kind":"approve"})";
    CHECK(answered(approve, R"({"answer":"yes"})").at("approved") == true);
    CHECK(answered(approve, R"({"answer":"no: not on Fridays"})").at("approved") == false);
    const auto* form = R"({"question":"q","schema":{"type":"object","properties":{)"
                       R"("n":{"type":"integer"}}}})";
    CHECK(answered(form, R"({"answer":"{\"n\":3}"})").at("form") == json::parse(R"({"n":3})"));
    CHECK(answered(form, R"({"answer":"decline"})").at("form").is_null());
}

TEST_CASE("where nobody answered in time the default stands, if there is one", "[unit][mcp]") {
    const auto* nobody = R"({"answer":null,"timed_out":true})";
    CHECK(answered(R"({"question":"q"})", nobody) ==
          json::parse(R"({"status":"timed_out","answer":null})"));
    CHECK(answered(R"({"question":"q","default":"main"})", nobody) ==
          json::parse(R"({"status":"timed_out","answer":"main"})"));
}

TEST_CASE("progress is a line and perhaps a share of the work", "[unit][mcp]") {
    McpRun run;
    run.initialize();
    const auto message =
        run.message_of(1, "report_progress", R"({"message":"reading","percent":12.5})");
    CHECK(json::parse(message.json) ==
          json::parse(R"({"type":"progress","message":"reading","percent":12.5})"));
    CHECK(run.replied(message.call, R"({"ok":true})").at("result").at("isError") == false);
    CHECK_THAT(run.fault("report_progress", "{}"), Contains("message"));
    CHECK_THAT(run.fault("report_progress", R"({"message":"x","percent":101})"),
               Contains("0 to 100"));
}

TEST_CASE("a result keeps its digits on its way", "[unit][mcp]") {
    McpRun run;
    run.initialize();
    const auto message = run.message_of(
        1, "finish_with_result",
        R"({"result": {"id":12345678901234567890123, "price":1.10},"summary":"done","ok":true})");
    CHECK_THAT(message.json, Contains(R"({"id":12345678901234567890123, "price":1.10})"));
    CHECK_THAT(message.json, Contains(R"("type":"result")"));
    CHECK(json::parse(message.json).at("summary") == "done");
    CHECK(run.replied(message.call, R"({"ok":true})").at("result").at("isError") == false);
}

TEST_CASE("a result needs something that came out", "[unit][mcp]") {
    McpRun run;
    run.initialize();
    CHECK_THAT(run.fault("finish_with_result", "{}"), Contains("a result, a summary"));
    CHECK_THAT(run.fault("finish_with_result", R"({"result":1,"ok":"yes"})"), Contains("ok:"));
    CHECK_THAT(run.fault("finish_with_result", R"({"summary":3})"), Contains("summary:"));
    run.call(1, "finish_with_result", R"({"result":null})");
    run.call(2, "finish_with_result", R"({"summary":"could not","ok":false})");
}
