#include "agent/acp_driver.hpp"

#include "acp_run.hpp"

using namespace agentcron::agent;
namespace json = boost::json;

namespace {

constexpr auto once_always_no = "[{'optionId':'a','name':'Sure','kind':'allow_once'},"
                                "{'optionId':'s','name':'Always','kind':'allow_always'},"
                                "{'optionId':'r','name':'Nope','kind':'reject_once'}]";

Brief resumed(std::vector<Brief::Answered> answers) {
    Brief brief = order();
    brief.session_id = "s1";
    brief.answers = std::move(answers);
    return brief;
}

Brief::Answered stored(std::string answer, std::string request, bool expired = false) {
    return {.question_id = "7",
            .question = "execute: rm x",
            .answer = std::move(answer),
            .expired = expired,
            .request = std::move(request)};
}

// As the database gives it back: keys in another order.
const std::string rm_x = R"({"input": {"command": "rm x"}, "tool": "rm x"})";
constexpr auto can_resume = "{'sessionCapabilities':{'resume':{}}}";

} // namespace

TEST_CASE("an ACP agent is started with a session and the prompt", "[unit][agent]") {
    AcpRun agent;
    REQUIRE(agent.lines.size() == 1);
    const auto& params = agent.lines[0].at("params");
    CHECK(params.at("protocolVersion") == 1);
    CHECK(json::serialize(params.at("clientCapabilities")) ==
          R"({"fs":{"readTextFile":false,"writeTextFile":false},"terminal":false,)"
          R"("elicitation":{"form":{},"url":{}},"session":{"notices":{}}})");
    CHECK(params.at("clientInfo").at("name") == "agentcron");
    agent.line("{'jsonrpc':'2.0','id':0,'result':{'protocolVersion':1}}");
    CHECK(agent.last() == R"({"jsonrpc":"2.0","id":1,"method":"session/new",)"
                          R"("params":{"cwd":"/w","mcpServers":[]}})");
    CHECK(agent.run.all<SessionStarted>().empty());
    agent.line("{'jsonrpc':'2.0','id':1,'result':{'sessionId':'s1'}}");
    CHECK(agent.run.only<SessionStarted>().session_id == "s1");
    CHECK(agent.last() ==
          R"({"jsonrpc":"2.0","id":2,"method":"session/prompt",)"
          R"("params":{"sessionId":"s1","prompt":[{"type":"text","text":"Do it"}]}})");
    CHECK_FALSE(agent.closed);
    agent.words("Done: ").words("3 files\\nand more").ended();
    CHECK(agent.closed);
    CHECK(agent.run.only<Result>().summary == "Done: 3 files");
    CHECK(agent.run.only<Result>().json == R"("Done: 3 files\nand more")");
    CHECK(agent.run.exit(0).message.empty());
}

TEST_CASE("an ACP agent's rows are its lines, by what they are", "[unit][agent]") {
    AcpRun agent;
    agent.opened().words("hi");
    agent.update("{'sessionUpdate':'agent_thought_chunk','content':{'type':'text','text':'hm'}}");
    agent.update("{'sessionUpdate':'tool_call','toolCallId':'c'}");
    agent.update("{'sessionUpdate':'tool_call_update','toolCallId':'c'}");
    agent.update("{'sessionUpdate':'plan'}").update("{'sessionUpdate':'usage_update'}");
    agent.update("{'sessionUpdate':'Not A Word'}").asks(once_always_no).ended();
    std::string kinds;
    for (const auto& row : agent.run.all<Output>()) kinds += row.kind + " ";
    CHECK(kinds == "protocol protocol message thought tool tool plan usage protocol question "
                   "result ");
    CHECK(agent.run.rows("result") == "{\"id\":2,\"result\":{\"stopReason\":\"end_turn\"}}\n|");
}

TEST_CASE("a resumed leg tells the answers and not the prompt", "[unit][agent]") {
    AcpRun agent(resumed({stored("use staging", ""), stored("", "", true)}));
    agent.line(quoted("{'id':0,'result':{'protocolVersion':1,'agentCapabilities':") + can_resume +
               "}}");
    CHECK(agent.lines.back().at("method") == "session/resume");
    CHECK(agent.lines.back().at("params").at("sessionId") == "s1");
    agent.line("{'id':1,'result':{}}");
    CHECK(agent.run.only<SessionStarted>().session_id == "s1");
    CHECK(agent.last_prompt() ==
          "You asked something and then had to wait for the answer, which has come.\n\n"
          "You asked: execute: rm x\nThe person answered: use staging\n\n"
          "You asked: execute: rm x\nNobody answered in time: go on without an answer.\n\n"
          "Go on with the task from where you were.");

    AcpRun retried(resumed({}));
    retried.opened(can_resume);
    CHECK(retried.lines[1].at("method") == "session/new");
}

TEST_CASE("a conversation is gone on with by the prompt, or not at all", "[unit][agent]") {
    Brief brief = resumed({});
    brief.goes_on = true;
    AcpRun agent(brief);
    agent.opened(can_resume);
    CHECK(agent.lines[1].at("method") == "session/resume");
    CHECK(agent.last_prompt() == "Do it");

    brief.may_begin_anew = false;
    AcpRun unable(brief);
    unable.line("{'id':0,'result':{'protocolVersion':1,'agentCapabilities':{}}}");
    CHECK(unable.run.exit(0).session_is_gone);
    CHECK(unable.run.exit(0).message == "the agent can open no earlier session");
    AcpRun gone(brief);
    gone.line(quoted("{'id':0,'result':{'protocolVersion':1,'agentCapabilities':") + can_resume +
              "}}");
    gone.line("{'id':1,'error':{'code':-32602,'message':'no such session'}}");
    CHECK(gone.lines.back().at("method") == "session/resume");
    CHECK(gone.run.exit(0).session_is_gone);
    CHECK_THAT(gone.run.exit(0).message, Catch::Contains("no such session"));
}

TEST_CASE("an agent that cannot resume begins anew and is told the answers", "[unit][agent]") {
    AcpRun agent(resumed({stored("yes", "")}));
    agent.opened();
    CHECK(agent.lines[1].at("method") == "session/new");
    CHECK_THAT(agent.last_prompt(),
               Catch::StartsWith("Do it\n\n") && Catch::Contains("The person answered: yes"));
    agent.ended();
    CHECK_THAT(agent.run.exit(0).message, Catch::StartsWith("began a new conversation"));
}

TEST_CASE("the same request gets the stored answer once, another is asked", "[unit][agent]") {
    AcpRun agent(resumed({stored("allow", rm_x)}));
    agent.opened(can_resume).asks(once_always_no);
    CHECK(agent.last_result() == R"({"outcome":{"outcome":"selected","optionId":"a"}})");
    CHECK(agent.run.all<Question>().empty());
    agent.asks(once_always_no);
    CHECK(agent.run.only<Question>().native_id == "7");

    AcpRun other(resumed({stored("allow", R"({"tool":"rm x","input":{"command":"rm y"}})")}));
    other.opened(can_resume).asks(once_always_no);
    CHECK(other.run.only<Question>().request == R"({"tool":"rm x","input":{"command":"rm x"}})");

    AcpRun expired(resumed({stored("", rm_x, true)}));
    expired.opened(can_resume).asks(once_always_no);
    CHECK(expired.last_result() == R"({"outcome":{"outcome":"cancelled"}})");
    CHECK(expired.run.all<Question>().empty());
}

TEST_CASE("messages go in as further turns, and the last turn counts", "[unit][agent]") {
    AcpRun agent;
    agent.opened();
    const auto feed = agent.run.driver().message("And the tests?");
    CHECK(feed.is_kept);
    CHECK(feed.stdin_bytes.empty());
    agent.words("first").ended();
    CHECK_FALSE(agent.closed);
    CHECK(agent.run.all<Result>().empty());
    CHECK(agent.last_prompt() == "And the tests?");
    agent.words("second").line("{'id':3,'result':{'stopReason':'end_turn'}}");
    CHECK(agent.run.only<Result>().summary == "second");
    CHECK(agent.closed);
    CHECK_FALSE(agent.run.driver().message("too late").is_kept);
}

TEST_CASE("a cancel ends the turn, then the process", "[unit][agent]") {
    AcpRun agent;
    agent.opened().asks(once_always_no);
    agent.run.driver().message("never sent");
    const auto feed = agent.run.driver().cancel();
    CHECK(feed.ends_by_itself);
    CHECK_FALSE(feed.close_stdin);
    agent.fed(feed);
    CHECK(agent.lines[agent.lines.size() - 2].at("method") == "session/cancel");
    CHECK(agent.last_result() == R"({"outcome":{"outcome":"cancelled"}})");
    CHECK(agent.run.driver().cancel().stdin_bytes.empty());
    CHECK(agent.run.driver().cancel().ends_by_itself);
    agent.asks(once_always_no); // it had not heard yet
    CHECK(agent.last_result() == R"({"outcome":{"outcome":"cancelled"}})");
    CHECK(agent.run.all<Question>().size() == 1);
    agent.ended("cancelled");
    CHECK(agent.closed);
    CHECK(agent.run.exit(0).message == "the turn was cancelled");

    AcpRun early;
    const auto at_once = early.run.driver().cancel();
    CHECK_FALSE(at_once.ends_by_itself);
    CHECK(at_once.close_stdin);
    early.opened();
    CHECK(early.lines.size() == 1);
}

TEST_CASE("a parked agent leaves its questions open", "[unit][agent]") {
    AcpRun agent;
    agent.opened().asks(once_always_no);
    agent.run.ask(R"({"id":"a1","question":"May I?"})");
    agent.fed(agent.run.driver().park());
    agent.run.ask(R"({"id":"a1","withdrawn":true})");
    agent.line("{'method':'$/cancel_request','params':{'requestId':7}}").ended("cancelled");
    CHECK(agent.run.all<Withdrawn>().empty());
    CHECK(agent.run.all<Result>().empty());
    CHECK(agent.closed);
    CHECK(agent.run.exit(0).kind == Verdict::Kind::asked_and_left);
    CHECK(agent.run.exit(1).kind == Verdict::Kind::asked_and_left);
    CHECK(agent.run.finish({.code = {}, .signal = 15, .terminated_by_us = true}).reason ==
          "signal");

    AcpRun nothing_asked;
    nothing_asked.opened().fed(nothing_asked.run.driver().park()).ended("cancelled");
    CHECK(nothing_asked.run.exit(0).kind == Verdict::Kind::failed);
}

TEST_CASE("what else ends an ACP attempt", "[unit][agent]") {
    const auto verdict_of = [](AcpRun& agent, int code) { return agent.run.exit(code); };
    for (const auto& [reason, words] :
         {std::pair{"max_tokens", "the model's answer was cut at its limit of tokens"},
          std::pair{"max_turn_requests", "the turn was stopped at its limit of model requests"},
          std::pair{"refusal", "the model refused to go on"},
          std::pair{"tired", "the turn ended with stop reason tired"}}) {
        AcpRun agent;
        agent.opened().words("half").ended(reason);
        CHECK_FALSE(agent.run.only<Result>().ok);
        CHECK(agent.run.only<Result>().json == "\"half\"");
        CHECK(verdict_of(agent, 0).message == words);
    }
    AcpRun crashed;
    crashed.opened().run.err("boom\n");
    CHECK(verdict_of(crashed, 1).message == "exited with code 1: boom");
    AcpRun left;
    left.opened();
    CHECK(verdict_of(left, 0).reason == "protocol");
    CHECK(verdict_of(left, 0).message == "exited with code 0 before it answered the prompt");
    AcpRun bad_end;
    bad_end.opened().words("done").ended();
    CHECK(verdict_of(bad_end, 3).reason == "exit_code");
    AcpRun silent;
    CHECK_THAT(verdict_of(silent, 0).message, Catch::EndsWith("before it answered initialize"));
}

TEST_CASE("an agent that cannot begin says why", "[unit][agent]") {
    AcpRun newer;
    newer.line("{'id':0,'result':{'protocolVersion':2}}");
    CHECK(newer.closed);
    CHECK_FALSE(newer.run.only<Result>().ok);
    CHECK(newer.run.exit(0).reason == "protocol");
    CHECK_THAT(newer.run.exit(0).message, Catch::Contains("speaks version 2"));

    AcpRun locked;
    locked.line("{'id':0,'result':{'protocolVersion':1,'authMethods':[{'id':'key','name':'API key'"
                "},{'id':'web'}]}}");
    locked.line("{'id':1,'error':{'code':-32000,'message':'Authentication required'}}");
    CHECK(locked.closed);
    CHECK(locked.run.exit(1).kind == Verdict::Kind::login_needed);
    CHECK(locked.run.exit(1).message == "Authentication required (-32000). It knows: API key, web");

    AcpRun refused;
    refused.line("{'id':0,'error':{'code':-1,'message':'no'}}");
    CHECK(refused.run.exit(0).message == "the agent refused to begin: no (-1)");

    AcpRun nameless;
    nameless.line("{'id':0,'result':{'protocolVersion':1}}").line("{'id':1,'result':{}}");
    CHECK(nameless.run.exit(0).message == "the agent opened a session without an id");
}

TEST_CASE("a success with denials or a last question carries a warning", "[unit][agent]") {
    AcpRun agent;
    agent.opened().asks(once_always_no).fed(agent.run.driver().no_answer("7"));
    agent.update("{'sessionUpdate':'tool_call_update','toolCallId':'c1','title':'rm x',"
                 "'status':'failed'}");
    agent.update("{'sessionUpdate':'tool_call_update','toolCallId':'c2','status':'failed'}");
    agent.words("I could not.\\nShall I go on?").ended();
    CHECK(agent.run.exit(0).message ==
          "denied without a person: rm x; ended with a question: Shall I go on?");

    AcpRun by_person;
    by_person.opened().asks(once_always_no).answer("deny");
    by_person.update("{'sessionUpdate':'tool_call_update','toolCallId':'c1','status':'failed',"
                     "'_meta':{'claudeCode':{'nonExecutionKind':'permission-rule'}}}");
    by_person.ended();
    CHECK(by_person.run.exit(0).message.empty());

    AcpRun by_rule;
    by_rule.opened();
    by_rule.update("{'sessionUpdate':'tool_call_update','toolCallId':'c1','status':'failed',"
                   "'_meta':{'claudeCode':{'nonExecutionKind':'permission-rule'}}}");
    by_rule.ended();
    CHECK(by_rule.run.exit(0).message == "denied without a person: c1");
}

TEST_CASE("the cost of a resumed session counts from what it had cost", "[unit][agent]") {
    const auto costs = [](AcpRun& agent, const std::string& amount) {
        agent.update("{'sessionUpdate':'usage_update','cost':{'amount':" + amount +
                     ",'currency':'USD'}}");
    };
    AcpRun fresh;
    fresh.opened();
    costs(fresh, "0.25");
    costs(fresh, "0.75");
    CHECK(fresh.run.all<Usage>().back().cost_usd == 0.75);
    Brief brief = resumed({});
    brief.goes_on = true;
    AcpRun agent(brief);
    agent.opened(can_resume);
    costs(agent, "0.25");
    CHECK(agent.run.all<Usage>().empty());
    costs(agent, "0.75");
    CHECK(agent.run.only<Usage>().cost_usd == 0.5);
    agent.update("{'sessionUpdate':'usage_update','cost':{'amount':9,'currency':'EUR'}}");
    CHECK(agent.run.all<Usage>().size() == 1);
}

TEST_CASE("only the last message of a turn is its result", "[unit][agent]") {
    AcpRun agent;
    agent.opened().words("Let me look.");
    agent.update("{'sessionUpdate':'tool_call','toolCallId':'c'}");
    agent.words("All ").update("{'sessionUpdate':'usage_update','used':1}").words("fine.");
    agent.line("{'method':'session/update','params':{'sessionId':'of a subagent','update':"
               "{'sessionUpdate':'agent_message_chunk','content':{'type':'text','text':'?'}}}}");
    agent.ended();
    CHECK(agent.run.only<Result>().json == "\"All fine.\"");
}

TEST_CASE("what an ACP agent may not ask, and garbage, do no harm", "[unit][agent]") {
    AcpRun agent;
    agent.opened();
    agent.line("{'id':'x','method':'fs/read_text_file','params':{}}");
    CHECK(agent.last() == R"({"jsonrpc":"2.0","id":"x","error":{"code":-32601,)"
                          R"("message":"this client does not have fs/read_text_file"}})");
    const auto said = agent.lines.size();
    for (const auto* line :
         {"plain", "{broken", "[1]", "{}", "{'id':2}", "{'id':99,'result':{'stopReason':1}}",
          "{'id':98,'error':7}", "{'method':'session/update'}",
          "{'method':'session/update',"
          "'params':[1]}",
          "{'method':'session/update','params':{'update':{'sessionUpdate':7}}}",
          "{'method':'session/update','params':{'update':{'sessionUpdate':'agent_message_chunk',"
          "'content':[1],'messageId':{}}}}",
          "{'method':'session/update','params':{'update':{'sessionUpdate':'usage_update',"
          "'cost':{'amount':'x','currency':'USD'}}}}",
          "{'method':'$/cancel_request'}", "{'method':'$/cancel_request','params':{'requestId':1}}",
          "{'method':'elicitation/complete','params':{'elicitationId':'e'}}"})
        agent.line(line);
    CHECK(agent.lines.size() == said);
    agent.line("{'id':8,'method':'session/request_permission','params':{'toolCall':3,"
               "'options':[1,{'name':'x'},{'optionId':5}]}}");
    agent.line("{'id':9,'method':'elicitation/create','params':{'requestedSchema':{"
               "'properties':[]},'message':{}}}");
    CHECK(agent.run.all<Question>().size() == 2);
    agent.answer("allow", "8");
    CHECK(agent.last_result() == R"({"outcome":{"outcome":"cancelled"}})");
    agent.answer("x", "9");
    CHECK(agent.last_result() == R"({"action":"cancel"})");
    agent.line("{'id':2,'result':null}");
    CHECK(agent.run.exit(0).message == "the agent answered the prompt without a stop reason");
    CHECK(agent.run.rows("text") == "plain\n|{broken\n|[1]\n|");
}
