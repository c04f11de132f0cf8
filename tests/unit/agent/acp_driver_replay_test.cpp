// Recorded conversations of three real agents: the driver says what the recording host said, and
// makes of the agents' lines what they mean.
#include "acp_run.hpp"

#include <cmath>
#include <map>
#include <spdlog/fmt/fmt.h>

using namespace agentcron::agent;
namespace json = boost::json;

namespace {

std::string method_of(const json::object& line) {
    const auto* method = line.if_contains("method");
    return method ? std::string(method->as_string()) : "";
}

// The brief that makes the driver do what the recording host did.
Brief brief_of(const std::vector<Recorded>& lines) {
    Brief brief;
    for (const auto& [is_from_agent, line] : lines) {
        if (is_from_agent) continue;
        const auto method = method_of(line);
        const auto* params = line.if_contains("params");
        if (const auto* cwd = params ? params->as_object().if_contains("cwd") : nullptr)
            brief.working_directory = cwd->as_string();
        if (method == "session/load" || method == "session/resume") {
            brief.session_id = params->at("sessionId").as_string();
            brief.goes_on = true;
        }
        if (method == "session/prompt" && brief.prompt.empty())
            brief.prompt = params->at("prompt").at(0).at("text").as_string();
    }
    return brief;
}

class Replay {
public:
    explicit Replay(const std::string& name) : lines_(recorded(name)), agent(brief_of(lines_)) {}

    // Feeds all that the agent said, and does what the host did; "Blue" is the answer to a form.
    Replay& play() {
        for (auto& [is_from_agent, line] : lines_) {
            if (is_from_agent)
                from_agent(line);
            else
                from_host(line);
        }
        return *this;
    }

    std::vector<Recorded> lines_;

public:
    AcpRun agent;
    std::vector<json::object> host; // what it said, without what the driver never says

private:
    void from_host(json::object& line) {
        const auto method = method_of(line);
        if (!method.empty() && line.contains("id")) methods_[line.at("id").as_int64()] = method;
        if (method == "session/prompt" && ++prompts_ > 1) return; // it was told to the driver
        if (method == "session/prompt") tell_next_prompts();
        if (method == "session/cancel") agent.fed(agent.run.driver().cancel());
        if (method.empty()) answer(line);
        if (method != "initialize" && method != "session/set_mode") host.push_back(line);
    }

    void tell_next_prompts() {
        int prompts = 0;
        for (const auto& [is_from_agent, line] : lines_) {
            if (is_from_agent || method_of(line) != "session/prompt" || ++prompts == 1) continue;
            const auto& text = line.at("params").at("prompt").at(0).at("text").as_string();
            CHECK(agent.run.driver().message(text).is_kept);
        }
    }

    void answer(const json::object& line) {
        const auto& result = line.at("result").as_object();
        const auto id = std::to_string(line.at("id").as_int64());
        if (result.contains("action")) {
            agent.answer("Blue", id);
            return;
        }
        const auto& outcome = result.at("outcome").as_object();
        if (outcome.at("outcome") == "cancelled") return; // said with the cancel
        const std::string_view option = outcome.at("optionId").as_string();
        const bool allows = option.find("allow") != option.npos || option == "proceed_once";
        agent.answer(allows ? "allow" : "deny", id);
    }

    // The driver numbers its requests in its own way.
    void from_agent(json::object line) {
        if (method_of(line).empty()) {
            const auto method = methods_[line.at("id").as_int64()];
            if (method == "session/set_mode") return;
            for (const auto& said : agent.lines)
                if (method_of(said.as_object()) == method) line["id"] = said.at("id");
        }
        agent.run.out(json::serialize(line) + "\n");
        agent.fed(agent.run.driver().after_events());
    }

    std::map<std::int64_t, std::string> methods_;
    int prompts_ = 0;
};

// What matters of a line: a request without its id, a reply with it.
json::object essence(const json::value& said) {
    const auto& line = said.as_object();
    const auto* params = line.if_contains("params");
    return params ? json::object{{"method", line.at("method")}, {"params", *params}}
                  : json::object{{"id", line.at("id")}, {"result", line.at("result")}};
}

} // namespace

TEST_CASE("the driver says to real agents what the recording host said", "[unit][agent]") {
    for (const auto* name :
         {"acp-claude-permission-allow_once", "acp-claude-permission-reject_once",
          "acp-claude-cancel-in-question", "acp-claude-resume", "acp-claude-error",
          "acp-codex-permission-allow_once", "acp-codex-permission-reject_once", "acp-codex-error",
          "acp-codex-cancel-in-question", "acp-gemini-permission-allow_once",
          "acp-gemini-permission-reject_once", "acp-gemini-error", "acp-gemini-load-later-2",
          "acp-gemini-cancel-in-question"}) {
        CAPTURE(name);
        Replay replay(name);
        replay.play();
        const auto& said = replay.agent.lines;
        REQUIRE(said.size() == replay.host.size() + 1);
        CHECK(said[0].at("method") == "initialize");
        for (std::size_t i = 0; i < replay.host.size(); ++i)
            CHECK(essence(said[i + 1]) == essence(replay.host[i]));
        CHECK(replay.agent.closed);
        CHECK(replay.agent.run.rows("text").empty());
    }
}

TEST_CASE("real agents end well, with cost and tokens where they tell them", "[unit][agent]") {
    struct Expected {
        std::string name;
        std::string result;
        std::optional<double> cost;
        std::int64_t input_tokens;
    };
    for (const auto& [name, result, cost, input_tokens] :
         {Expected{"acp-claude-permission-allow_once", "ECHO: (Bash completed with no output)",
                   0.0021180000000000005, 300},
          Expected{"acp-claude-two-turns", "RECALL: 2 prompts, the first: One @@ SAY first",
                   0.0028240000000000006, 300},
          Expected{"acp-claude-resume",
                   "RECALL: 3 prompts, the first: Remember PELICAN @@ SAY noted", std::nullopt,
                   150},
          Expected{"acp-codex-permission-allow_once", "ECHO: Chunk ID: 04d875", std::nullopt, 200},
          Expected{"acp-gemini-permission-allow_once", "ECHO: <untrusted_context>", std::nullopt,
                   200},
          // The history comes after the answer to session/load.
          Expected{"acp-gemini-load-later-2",
                   "RECALL: 2 prompts, the first: Remember PELICAN @@ SAY noted", std::nullopt,
                   100}}) {
        CAPTURE(name);
        Replay replay(name);
        replay.play();
        auto& run = replay.agent.run;
        const auto last = run.only<Result>();
        CHECK(last.ok);
        CHECK(last.summary == result);
        CHECK_THAT(last.json, Catch::StartsWith("\"" + result));
        const auto usage = run.all<Usage>();
        REQUIRE(!usage.empty());
        CHECK(usage.back().cost_usd.has_value() == cost.has_value());
        CHECK(std::abs(usage.back().cost_usd.value_or(0) - cost.value_or(0)) < 1e-9);
        CHECK(usage.back().input_tokens == input_tokens);
        CHECK(run.all<SessionStarted>().size() == 1);
        CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
    }
}

TEST_CASE("real agents fail in their own ways", "[unit][agent]") {
    for (const auto& [name, message] :
         {std::pair{"acp-claude-error",
                    "Internal error: API Error: 400 fake: the request was invalid (-32603)"},
          std::pair{"acp-codex-error", "fake: invalid_request"}, // stop reason end_turn
          std::pair{"acp-gemini-error", "fake: INVALID_ARGUMENT"},
          std::pair{"acp-codex-permission-reject_once",
                    "the agent ended its turn when a request was denied"},
          std::pair{"acp-gemini-cancel-in-question", "the turn was cancelled"}}) {
        CAPTURE(name);
        Replay replay(name);
        replay.play();
        CHECK_FALSE(replay.agent.run.only<Result>().ok);
        const auto verdict = replay.agent.run.exit(0);
        CHECK(verdict.kind == Verdict::Kind::failed);
        CHECK(verdict.reason == "exit_code");
        CHECK(verdict.message == message);
    }
}

TEST_CASE("Claude's own question is a choice, answered by option or in words", "[unit][agent]") {
    for (const auto& [answer, content] :
         {std::pair{"Blue", R"({"question_0":"Blue"})"},
          std::pair{"blue", R"({"question_0":"Blue"})"},
          std::pair{"Green, or none", R"({"question_0_custom":"Green, or none"})"},
          std::pair{R"({"Which colour?":"Red"})", R"({"question_0":"Red"})"}}) {
        AcpRun agent;
        agent.opened();
        for (const auto& [is_from_agent, line] : recorded("acp-claude-question")) {
            if (!is_from_agent || method_of(line) != "elicitation/create") continue;
            agent.run.out(json::serialize(line) + "\n");
        }
        const auto question = agent.run.only<Question>();
        CHECK(question.kind == "choice");
        CHECK(question.headline == "Which colour?");
        REQUIRE(question.options.size() == 2);
        CHECK(question.options[1].value == "Blue");
        CHECK(question.options[1].description == "b");
        CHECK(question.items.empty());
        agent.answer(answer, "0");
        CHECK(agent.last_result() == fmt::format(R"({{"action":"accept","content":{}}})", content));
    }
}

TEST_CASE("a loaded session's history makes rows and nothing else", "[unit][agent]") {
    for (const auto* name : {"acp-claude-load-2", "acp-codex-load-2"}) {
        CAPTURE(name);
        Replay replay(name);
        for (auto& [is_from_agent, line] : replay.lines_) {
            const auto* result = line.if_contains("result");
            auto* can = result && result->is_object()
                            ? line.at("result").as_object().if_contains("agentCapabilities")
                            : nullptr;
            if (can) can->as_object().erase("sessionCapabilities"); // else it is resumed
        }
        replay.play();
        CHECK(essence(replay.agent.lines[1]) == essence(replay.host[0]));
        CHECK_THAT(replay.agent.run.rows("history"), Catch::Contains("\"noted\""));
        const auto result = replay.agent.run.only<Result>();
        CHECK(result.summary == "RECALL: 2 prompts, the first: Remember PELICAN @@ SAY noted");
        CHECK(replay.agent.run.only<SessionStarted>().session_id ==
              replay.host[0].at("params").at("sessionId").as_string());
    }
}

TEST_CASE("a session that does not load is begun anew, with a warning", "[unit][agent]") {
    Brief brief = brief_of(recorded("acp-gemini-load-2"));
    brief.prompt = "Do it";
    brief.answers = {{.question_id = "0", .question = "Which?", .answer = "main"}};
    AcpRun agent(brief);
    for (const auto& [is_from_agent, line] : recorded("acp-gemini-load-2"))
        if (is_from_agent) agent.line(json::serialize(line));
    CHECK(agent.lines.at(1).at("method") == "session/load");
    CHECK(agent.lines.at(2).at("method") == "session/new");
    agent.line("{'id':2,'result':{'sessionId':'s2'}}");
    CHECK_THAT(agent.last_prompt(),
               Catch::StartsWith("Do it\n\n") && Catch::Contains("You asked: Which?\n"
                                                                 "The person answered: main\n"));
    agent.line("{'id':3,'result':{'stopReason':'end_turn'}}");
    CHECK(agent.run.only<SessionStarted>().session_id == "s2");
    CHECK(agent.run.exit(0).message == "began a new conversation, the earlier one did not open: "
                                       "Internal error (-32603): No previous "
                                       "sessions found for this project.");
}

TEST_CASE("a recorded conversation cut anywhere gives the same events", "[unit][agent]") {
    for (const auto* name : {"acp-claude-permission-allow_once", "acp-codex-error"}) {
        std::string spool;
        for (const auto& [is_from_agent, line] : recorded(name))
            if (is_from_agent) spool += json::serialize(line) + "\n";
        const auto told = [&](std::size_t piece) {
            DriverRun run("acp");
            for (std::size_t at = 0; at < spool.size(); at += piece)
                run.out(std::string_view(spool).substr(at, piece));
            std::string all;
            for (const auto& event : run.events()) {
                all += std::to_string(event.index());
                if (const auto* row = std::get_if<Output>(&event)) all += row->kind + row->body;
                if (const auto* question = std::get_if<Question>(&event)) all += question->request;
                if (const auto* result = std::get_if<Result>(&event)) all += result->json;
            }
            return all;
        };
        const auto whole = told(spool.size());
        CHECK(whole.size() > spool.size() / 2);
        for (const std::size_t piece : {1u, 7u, 100u, 4096u}) CHECK(told(piece) == whole);
    }
}
