#include "agent/codex_requests.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>

using namespace agentcron::agent;
namespace json = boost::json;

namespace {

codex::Request asked(std::string_view method, std::string_view params,
                     const json::array* changes = nullptr) {
    json_rpc::Message message{json_rpc::Message::Kind::request, std::string(method), 7,
                              json::parse(json::string_view(params.data(), params.size()))};
    auto request = codex::request_from(message, changes);
    REQUIRE(request);
    CHECK(request->question.native_id == "7");
    CHECK_FALSE(request->question.headline.empty());
    return std::move(*request);
}

std::string body(const codex::Reply& reply) {
    return json::serialize(reply.body);
}

constexpr const char* command = "item/commandExecution/requestApproval";
constexpr const char* elicitation = "mcpServer/elicitation/request";

} // namespace

TEST_CASE("codex's command approvals take what the server offers", "[unit][agent]") {
    const auto any = asked(command, R"({"itemId":"i","command":"make","reason":"to test"})");
    CHECK(any.question.options.size() == 3);
    CHECK_THAT(any.question.body, Catch::Contains("reason: to test"));
    CHECK(any.question.request == R"({"tool":"commandExecution","input":{"command":"make"}})");
    CHECK(body(reply_to(any, "yes")) == R"({"decision":"accept"})");
    CHECK(body(reply_to(any, "allow_session")) == R"({"decision":"acceptForSession"})");
    CHECK(body(reply_to(any, "deny")) == R"({"decision":"decline"})");
    CHECK(reply_to(any, "deny").remark.empty());
    CHECK(body(reply_without_answer(any)) == R"({"decision":"decline"})");
    CHECK_THAT(reply_without_answer(any).remark, Catch::Contains("Nobody answered"));

    const auto once =
        asked(command, R"({"command":"make","availableDecisions":["accept","cancel"]})");
    CHECK(once.question.options.size() == 2);
    CHECK(body(reply_to(once, "allow_session")) == R"({"decision":"accept"})");
    const auto nothing = asked(command, R"({"itemId":"i"})");
    CHECK(nothing.question.request.empty());
    CHECK(asked(command, R"({"networkApprovalContext":{"host":"h","protocol":"https"}})")
              .question.headline == "Connect to h?");
}

TEST_CASE("what a person says beside a decision is told to codex", "[unit][agent]") {
    const auto request = asked(command, R"({"command":"make"})");
    const auto denied = reply_to(request, "deny: use staging");
    CHECK(body(denied) == R"({"decision":"decline"})");
    CHECK_THAT(denied.remark, Catch::Contains("said no: use staging"));
    const auto edited = reply_to(request, R"({"allow":true,"input":{"command":"make -n"}})");
    CHECK(body(edited) == R"({"decision":"decline"})");
    CHECK_THAT(edited.remark, Catch::Contains(R"(instead:
{"command":"make -n"})"));
}

TEST_CASE("codex's file changes are shown and told apart", "[unit][agent]") {
    const auto changes =
        json::parse(R"([{"path":"/a","kind":{"type":"add"},"diff":"x\n"},{"path":"/b"}])")
            .get_array();
    const auto known = asked("item/fileChange/requestApproval", R"({"itemId":"i"})", &changes);
    CHECK(known.question.headline == "Change /a, /b");
    CHECK_THAT(known.question.body, Catch::Contains("add /a\nx\n"));
    CHECK_THAT(known.question.request, Catch::Contains("\"changes\""));
    // Nothing to tell it by: no stored answer may be taken for it.
    CHECK(asked("item/fileChange/requestApproval", R"({"itemId":"i"})").question.request.empty());
}

TEST_CASE("codex gets the permissions that it asked for, or none", "[unit][agent]") {
    const auto request =
        asked("item/permissions/requestApproval",
              R"({"itemId":"i","cwd":"/w","permissions":{"network":{"enabled":true}}})");
    CHECK(body(reply_to(request, "allow")) ==
          R"({"permissions":{"network":{"enabled":true}},"scope":"turn"})");
    CHECK(body(reply_to(request, "allow_session")) ==
          R"({"permissions":{"network":{"enabled":true}},"scope":"session"})");
    CHECK(body(reply_to(request, "no")) == R"({"permissions":{},"scope":"turn"})");
    CHECK(body(reply_without_answer(request)) == R"({"permissions":{},"scope":"turn"})");
}

TEST_CASE("codex asks several things at once, secrets too", "[unit][agent]") {
    const auto request = asked(
        "item/tool/requestUserInput",
        R"({"questions":[{"id":"a","question":"Which?","options":[{"label":"X"},{"label":"Y"}]},)"
        R"({"id":"b","header":"Key","question":"","isSecret":true,"options":null}]})");
    CHECK(request.question.kind == "choice");
    REQUIRE(request.question.items.size() == 2);
    CHECK(request.question.items[1].text == "Key");
    CHECK(request.question.items[1].secret);
    CHECK(body(reply_to(request, R"({"a":"y","Key":"k"})")) ==
          R"({"answers":{"a":{"answers":["Y"]},"b":{"answers":["k"]}}})");
    CHECK(body(reply_without_answer(request)) == R"({"answers":{}})");

    const auto plain = asked("item/tool/requestUserInput",
                             R"({"questions":[{"id":"a","question":"Which?","isOther":false,)"
                             R"("options":[{"label":"X"},{"label":"Y"}]}]})");
    CHECK(plain.question.kind == "choice");
    CHECK(plain.question.items.empty());
    CHECK(body(reply_to(plain, "x")) == R"({"answers":{"a":{"answers":["X"]}}})");
    CHECK(asked("item/tool/requestUserInput", "{}").question.kind == "ask");
}

TEST_CASE("codex passes on what MCP servers ask", "[unit][agent]") {
    const auto form =
        asked(elicitation, R"({"serverName":"s","mode":"form","message":"Where?","_meta":null,)"
                           R"("requestedSchema":{"type":"object","properties":)"
                           R"({"env":{"type":"string"}},"required":["env"]}})");
    CHECK(form.question.kind == "form");
    CHECK(body(reply_to(form, "staging")) ==
          R"({"action":"accept","content":{"env":"staging"},"_meta":null})");
    CHECK(body(reply_to(form, "decline")) == R"({"action":"decline","content":null,"_meta":null})");
    CHECK(body(reply_without_answer(form)) == body(reply_to(form, "decline")));

    const auto url = asked(elicitation, R"({"serverName":"s","mode":"url","message":"Log in",)"
                                        R"("url":"https://x","elicitationId":"e"})");
    CHECK(url.question.kind == "url");
    CHECK_THAT(url.question.body, Catch::StartsWith("https://x\n"));
    CHECK(body(reply_to(url, "done")) == R"({"action":"accept","content":null,"_meta":null})");
    CHECK(body(reply_to(url, "cancel")) == R"({"action":"decline","content":null,"_meta":null})");

    const auto call =
        asked(elicitation, R"({"serverName":"s","mode":"form","message":"Run it?","_meta":)"
                           R"({"codex_approval_kind":"mcp_tool_call","tool_name":"t",)"
                           R"("persist":["session","always"],"tool_params":{"a":1}},)"
                           R"("requestedSchema":{"type":"object","properties":{}}})");
    CHECK(call.question.kind == "approve");
    CHECK(call.question.options.size() == 3);
    CHECK(body(reply_to(call, "allow_session")) ==
          R"({"action":"accept","content":{},"_meta":{"persist":"session"}})");
    CHECK(body(reply_to(call, "no")) == R"({"action":"decline","content":null,"_meta":null})");
}

TEST_CASE("requests that no person can answer are none", "[unit][agent]") {
    json_rpc::Message message{json_rpc::Message::Kind::request, "attestation/generate", 1, nullptr};
    CHECK_FALSE(codex::request_from(message, nullptr));
    message.method = elicitation;
    message.body = json::parse(R"({"mode":"openai/userVerification"})");
    CHECK_FALSE(codex::request_from(message, nullptr));
}

TEST_CASE("requests are the same as JSON, not as text", "[unit][agent]") {
    CHECK(codex::is_same_request(R"({"a":1,"b":[2]})", R"({ "b": [2], "a": 1 })"));
    CHECK_FALSE(codex::is_same_request(R"({"a":1})", R"({"a":2})"));
    CHECK_FALSE(codex::is_same_request("", ""));
}
