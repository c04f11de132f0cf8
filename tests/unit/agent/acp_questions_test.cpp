#include "agent/acp_questions.hpp"

#include "acp_run.hpp"
#include "base/text.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::agent;
namespace json = boost::json;

namespace {

std::string selected(std::string_view option) {
    return fmt::format(R"({{"outcome":{{"outcome":"selected","optionId":"{}"}}}})", option);
}

constexpr auto cancelled = R"({"outcome":{"outcome":"cancelled"}})";

// The options in short: "a allow_once,r reject_once"; an option's name is its id in capitals.
std::string options(std::string_view shortened) {
    std::string list;
    for (const auto part : agentcron::base::split(shortened, ',')) {
        const auto blank = part.find(' ');
        std::string name(part.substr(0, blank));
        list += fmt::format("{}{{'optionId':'{}','kind':'{}'", list.empty() ? "" : ",", name,
                            part.substr(blank + 1));
        for (char& c : name) c = static_cast<char>(std::toupper(c));
        list += fmt::format(",'name':'{}'}}", name);
    }
    return "[" + list + "]";
}

std::string reply(std::string_view offered, std::string_view answer) {
    AcpRun agent;
    agent.opened().asks(options(offered)).answer(answer);
    return agent.last_result();
}

std::string values_of(const std::vector<Option>& offered) {
    std::string values;
    for (const auto& option : offered) values += option.value + "=" + option.label + " ";
    return values;
}

Question asked(const std::string& offered) {
    AcpRun agent;
    agent.opened().asks(options(offered));
    return agent.run.only<Question>();
}

// A request with id 7.
AcpRun& elicits(AcpRun& agent, const std::string& params) {
    return agent.opened().line("{'id':7,'method':'elicitation/create','params':" + params + "}");
}

constexpr auto form = "{'mode':'form','sessionId':'s1','message':'Who?','requestedSchema':{"
                      "'type':'object','properties':{'name':{'type':'string'},'age':{"
                      "'type':'integer'}},'required':['name']}}";
constexpr auto page = "{'mode':'url','message':'Log in','url':'https://x/y','elicitationId':'e1'}";

} // namespace

TEST_CASE("a tool call that waits for leave is a question to approve", "[unit][agent]") {
    const auto question = asked("a allow_once,s allow_always,r reject_once");
    CHECK(question.native_id == "7");
    CHECK(question.kind == "approve");
    CHECK(question.headline == "execute: rm x");
    CHECK(question.body == "command: rm x\n");
    CHECK(values_of(question.options) == "allow=A allow_session=S deny=R ");
    CHECK(question.request == R"({"tool":"rm x","input":{"command":"rm x"}})");
    CHECK_FALSE(question.default_option);
}

TEST_CASE("an approval picks the option of the kind meant", "[unit][agent]") {
    const auto* all = "a allow_once,s allow_always,r reject_once,n reject_always";
    for (const auto* word : {"allow", "yes", " OK ", R"({"allow":true})"})
        CHECK(reply(all, word) == selected("a"));
    for (const auto* word : {"allow_session", R"({"allow":true,"for_session":true})", "S", "s"})
        CHECK(reply(all, word) == selected("s"));
    for (const auto* word : {"deny", "no", "deny: not today", "perhaps", R"({"allow":"yes"})"})
        CHECK(reply(all, word) == selected("r"));
    CHECK(reply(all, "n") == selected("r")); // a clear word before an option's id
    CHECK(reply(all, "N") == selected("r"));
    CHECK(reply("a allow_once,r reject_once", "allow_session") == selected("a"));
    CHECK(reply("s allow_always,r reject_once", "allow") == selected("s"));
    CHECK(reply("a allow_once,never reject_always", "deny") == selected("never"));
    CHECK(reply("a allow_once", "deny") == cancelled);
    CHECK(reply("x of_tomorrow,r reject_once", "allow") == selected("r"));
    CHECK(reply("x of_tomorrow,r reject_once", "x") == selected("x"));
}

TEST_CASE("options that share a kind are chosen by their own names only", "[unit][agent]") {
    const auto* modes = "bypass allow_always,edits allow_always,ask allow_once,plan reject_once";
    CHECK(values_of(asked(modes).options) == "bypass=BYPASS edits=EDITS allow=ASK deny=PLAN ");
    CHECK(reply(modes, "edits") == selected("edits"));
    CHECK(reply(modes, "EDITS") == selected("edits"));
    CHECK(reply(modes, "ask") == selected("ask"));
    CHECK(reply(modes, "allow") == selected("ask"));
    CHECK(reply(modes, "allow_session") == selected("ask"));
    CHECK(reply("one allow_once,two allow_once,no reject_once", "allow") == selected("no"));
    CHECK(reply("bypass allow_always,edits allow_always", "allow") == cancelled);
}

TEST_CASE("the reason of a denial follows as the next prompt", "[unit][agent]") {
    AcpRun agent;
    agent.opened().asks(options("a allow_once,r reject_once")).answer("deny: use staging");
    agent.ended("cancelled");
    CHECK(agent.last_prompt() ==
          "You asked: execute: rm x\nThe person denied it and said: use staging");
    CHECK_FALSE(agent.closed);

    AcpRun edited; // ACP cannot take another input, and what was asked for was not allowed
    edited.opened().asks(options("a allow_once,r reject_once"));
    edited.answer(R"({"allow":true,"input":{"command":"rm y"}})");
    CHECK(edited.last_result() == selected("r"));
    edited.ended();
    CHECK_THAT(edited.last_prompt(),
               Catch::EndsWith(R"(do it with this input instead: {"command":"rm y"})"));
}

TEST_CASE("the tools by which a person is asked need no leave", "[unit][agent]") {
    const auto asks_for = [](const std::string& server, const std::string& tool, bool has_server) {
        auto brief = order();
        if (has_server) brief.mcp_server = {"agentcron", "mcp"};
        AcpRun agent(brief);
        agent.opened().line("{'id':7,'method':'session/request_permission','params':{'toolCall':{"
                            "'title':'mcp__agentcron__ask_person','_meta':{'claudeCode':{"
                            "'toolName':'" +
                            tool + "','mcpServer':{'name':'" + server +
                            "'}}}},'options':[{'optionId':'r','kind':'reject_once'},"
                            "{'optionId':'a','kind':'allow_once'}]}}");
        return agent.run.all<Question>().empty() ? agent.last_result() : "asked";
    };
    CHECK(asks_for("agentcron", "mcp__agentcron__ask_person", true) == selected("a"));
    CHECK(asks_for("agentcron", "mcp__agentcron__ask_person", false) == "asked");
    CHECK(asks_for("other", "mcp__agentcron__ask_person", true) == "asked");
    CHECK(asks_for("agentcron", "Bash", true) == "asked");
}

TEST_CASE("a request is known by its input, else by what it shows", "[unit][agent]") {
    const auto request = [](const std::string& call) {
        AcpRun agent;
        agent.opened().line("{'id':7,'method':'session/request_permission','params':{'toolCall':" +
                            call + ",'options':[]}}");
        return agent.run.only<Question>().request;
    };
    CHECK(request("{'toolCallId':'1','title':'Edit a','content':[{'type':'diff','path':'a',"
                  "'newText':'1'},{'type':'terminal','terminalId':'t1'}]}") ==
          R"({"tool":"Edit a","content":[{"type":"diff","path":"a","newText":"1"}]})");
    AcpRun edit;
    edit.opened().line("{'id':7,'method':'session/request_permission','params':{'toolCall':{"
                       "'rawInput':'all','content':[{'type':'diff','path':'a','newText':''},"
                       "{'type':'content','content':{'type':'text','text':'why'}}]}}}");
    CHECK(edit.run.only<Question>().body == "all\na:\n\nwhy\n");
    CHECK(request("{'title':'ls','rawInput':{}}") == R"({"tool":"ls"})");
    CHECK(request("{'kind':'execute'}").empty());
    CHECK(request("{'kind':'execute','rawInput':'a\\u0000b'}") ==
          "{\"tool\":\"execute\",\"input\":\"a\uFFFDb\"}");
    CHECK(acp::is_same_request(R"({"a":1,"b":2})", R"({"b":2, "a":1})"));
    CHECK_FALSE(acp::is_same_request(R"({"a":1})", R"({"a":2})"));
    CHECK_FALSE(acp::is_same_request("", ""));
}

TEST_CASE("a form is checked before it is sent", "[unit][agent]") {
    for (const auto& [answer, sent] :
         {std::pair{R"({"name":"Ann","age":3})",
                    R"({"action":"accept","content":{"name":"Ann","age":3}})"},
          std::pair{R"({"age":3})", R"({"action":"cancel"})"},
          std::pair{R"({"name":"Ann","age":"old"})", R"({"action":"cancel"})"},
          std::pair{"Ann", R"({"action":"cancel"})"},
          std::pair{"decline", R"({"action":"decline"})"}}) {
        AcpRun agent;
        elicits(agent, form);
        const auto question = agent.run.only<Question>();
        CHECK(question.kind == "form");
        CHECK(question.headline == "Who?");
        CHECK_THAT(question.schema, Catch::StartsWith(R"({"type":"object")"));
        CHECK_THAT(question.request, Catch::EndsWith(R"("message":"Who?"})"));
        agent.answer(answer);
        CHECK(agent.last_result() == sent);
    }
}

TEST_CASE("several questions of options are one choice with items", "[unit][agent]") {
    AcpRun agent;
    elicits(agent, "{'message':'Please answer','requestedSchema':{'type':'object','properties':{"
                   "'question_0':{'type':'string','title':'Base','description':'Which base?',"
                   "'oneOf':[{'const':'main','title':'main — the usual'},{'const':'dev',"
                   "'title':'Develop'}]},'question_0_custom':{'type':'string'},"
                   "'question_1':{'type':'array','title':'Tests','items':{'anyOf':[{'const':'unit'"
                   "},{'const':'e2e'}]}},'question_1_custom':{'type':'string'}}}}");
    const auto question = agent.run.only<Question>();
    CHECK(question.kind == "choice");
    CHECK(question.options.empty());
    CHECK(question.schema.empty());
    REQUIRE(question.items.size() == 2);
    CHECK(question.items[0].text == "Which base?");
    CHECK(values_of(question.items[0].options) == "main=main dev=Develop ");
    CHECK(question.items[0].options[0].description == "the usual");
    CHECK(question.items[1].text == "Tests");
    CHECK(question.items[1].several);
    agent.answer(R"({"question_0":"develop","Tests":["e2e","my own","unit"]})");
    CHECK(agent.last_result() == R"({"action":"accept","content":{"question_0":"dev",)"
                                 R"("question_1":["e2e","unit"],"question_1_custom":"my own"}})");

    AcpRun other; // one field has none for other words: a form like any other
    elicits(other, "{'message':'m','requestedSchema':{'properties':{'a':{'enum':['x']},"
                   "'a_custom':{'type':'string'},'b':{'enum':['y']}}}}");
    CHECK(other.run.only<Question>().kind == "form");
}

TEST_CASE("a page is opened, declined, or done without us", "[unit][agent]") {
    for (const auto& [answer, action] : {std::pair{"done", "accept"}, std::pair{"no", "decline"}}) {
        AcpRun agent;
        elicits(agent, page).answer(answer);
        CHECK(agent.run.only<Question>().kind == "url");
        CHECK(agent.run.only<Question>().body == "https://x/y");
        CHECK(agent.last_result() == fmt::format(R"({{"action":"{}"}})", action));
    }
    AcpRun agent;
    elicits(agent, page);
    agent.line("{'method':'elicitation/complete','params':{'elicitationId':'e1'}}");
    CHECK(agent.run.only<Withdrawn>().native_id == "7");
    CHECK(agent.last_result() == R"({"action":"accept"})");
}

TEST_CASE("nobody answers an ACP agent's question", "[unit][agent]") {
    AcpRun permission;
    permission.opened().asks(options("a allow_once,r reject_once"));
    permission.fed(permission.run.driver().no_answer("7"));
    CHECK(permission.last_result() == cancelled);
    for (const auto& [params, action] : {std::pair{form, "decline"}, std::pair{page, "cancel"}}) {
        AcpRun agent;
        elicits(agent, params).fed(agent.run.driver().no_answer("7"));
        CHECK(agent.last_result() == fmt::format(R"({{"action":"{}"}})", action));
        CHECK(agent.run.driver().no_answer("7").stdin_bytes.empty());
        CHECK(agent.run.driver().answer("7", "late").stdin_bytes.empty());
    }
}

TEST_CASE("a question is withdrawn by its id, or by the end of its turn", "[unit][agent]") {
    AcpRun agent;
    agent.opened().asks(options("a allow_once,r reject_once"));
    agent.line("{'method':'$/cancel_request','params':{'requestId':7}}");
    CHECK(agent.run.only<Withdrawn>().native_id == "7");
    CHECK(agent.last_result() == cancelled);
    CHECK(agent.run.driver().answer("7", "allow").stdin_bytes.empty());
    agent.asks(options("a allow_once,r reject_once")).ended();
    CHECK(agent.run.all<Withdrawn>().size() == 2);
}

TEST_CASE("the tools of an ACP agent may ask through the socket", "[unit][agent]") {
    AcpRun agent;
    agent.opened().run.ask(R"({"id":"a1","question":"May I?"})");
    const auto feed = agent.run.driver().answer("a1", "yes");
    REQUIRE(feed.reply);
    CHECK(feed.reply->json == R"({"answer":"yes"})");
    agent.run.ask(R"({"id":"a2","question":"And now?"})");
    CHECK(agent.run.driver().no_answer("a2").reply->json == R"({"answer":null,"timed_out":true})");
}
