#include "agent/inspection.hpp"

#include "transcript.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::agent;
using Catch::Contains;

namespace {

constexpr auto good_end = [] { return Exit{.code = 0, .signal = {}, .terminated_by_us = false}; };

class Visit {
public:
    explicit Visit(const std::string& driver, std::vector<std::string> command = {"agent"},
                   bool with_turn = false) {
        auto made = make_driver(driver);
        Brief brief;
        brief.prompt = "the prompt";
        brief.command = command;
        const auto start = made->start(brief);
        inspection_.emplace(driver, command, std::move(made), with_turn);
        fed_ = inspection_->first_bytes(start.stdin_bytes);
    }
    Visit& line(std::string text, Stream stream = Stream::out) {
        text += '\n';
        position_ += 16;
        const auto feed = inspection_->receive({stream, {}, position_, text});
        position_ += text.size();
        fed_ += feed.stdin_bytes;
        return *this;
    }
    // What the agent of a transcript wrote, up to what was said first of its turn.
    Visit& greeting_of(const std::string& name) {
        for (const auto& said : transcript(name)) {
            if (!said.by_agent && said.line.find("turn/start") != std::string::npos) break;
            if (!said.by_agent && said.line.find("session/prompt") != std::string::npos) break;
            if (said.by_agent) line(said.line);
        }
        return *this;
    }
    bool is_over() const { return inspection_->is_over(); }
    const std::string& fed() const { return fed_; }
    // "ok version 1.2\n..."
    std::string found(const std::optional<Exit>& exit = good_end()) {
        constexpr const char* states[] = {"ok", "fixed", "warning", "failed", "unknown"};
        inspection_->end_of_output();
        std::string text;
        for (const auto& finding : inspection_->findings(exit)) {
            text += fmt::format("{} {}: {}\n", states[static_cast<int>(finding.state)],
                                finding.what, finding.detail);
            CHECK((finding.state != Finding::State::failed || !finding.advice.empty()));
        }
        return text;
    }

private:
    std::optional<Inspection> inspection_;
    std::uint64_t position_ = 0;
    std::string fed_;
};

} // namespace

TEST_CASE("Claude Code is greeted without a prompt", "[unit][agent]") {
    Visit visit("claude");
    CHECK_THAT(visit.fed(), Contains("\"subtype\":\"initialize\"") && !Contains("the prompt"));
    CHECK_FALSE(visit.is_over());
    visit.greeting_of("claude-init-control");
    CHECK(visit.is_over());
    CHECK_THAT(visit.found(), Contains("ok version: 2.1.330\n") &&
                                  Contains("ok login: by ANTHROPIC_API_KEY\n") &&
                                  Contains("ok resume: by --resume\n") &&
                                  Contains("ok questions: permissions, choices, plans, forms\n"));
}

TEST_CASE("Claude Code that nobody logged in at says so", "[unit][agent]") {
    Visit visit("claude");
    visit.line(R"({"type":"control_response","response":{"subtype":"success","request_id":"r",)"
               R"("response":{"commands":[],"account":{"tokenSource":"none","apiProvider":)"
               R"("firstParty"},"claude_code_version":"2.1.332"}}})");
    CHECK(visit.is_over());
    CHECK_THAT(visit.found(), Contains("failed login: not logged in\n"));
    Visit elsewhere("claude");
    elsewhere.line(R"({"type":"control_response","response":{"subtype":"success","response":)"
                   R"({"account":{"apiProvider":"bedrock"}}}})");
    CHECK_THAT(elsewhere.found(), Contains("unknown login: with bedrock;"));
}

TEST_CASE("Codex is greeted up to its thread, and asked for its account", "[unit][agent]") {
    Visit visit("codex");
    visit.greeting_of("codex-server-approval-accept");
    CHECK_THAT(visit.fed(), Contains("\"initialized\"") && Contains("account/read") &&
                                Contains("thread/start") && !Contains("turn/start"));
    CHECK_FALSE(visit.is_over()); // of the account nothing was said
    visit.line(R"({"id":"agentcron-account","result":{"account":{"type":"chatgpt",)"
               R"("email":"anna@example.org"},"requiresOpenaiAuth":true}})");
    CHECK(visit.is_over());
    CHECK_THAT(visit.found(), Contains("ok version: 0.169.0\n") &&
                                  Contains("ok login: anna@example.org\n") &&
                                  Contains("ok session: ") &&
                                  Contains("ok questions: approvals (approval_policy untrusted)"));
}

TEST_CASE("Codex without a login says so, with a provider of its own it needs none",
          "[unit][agent]") {
    const auto account = [](const std::string& needed) {
        Visit visit("codex");
        visit.greeting_of("codex-server-approval-accept");
        visit.line(R"({"id":"agentcron-account","result":{"account":null,"requiresOpenaiAuth":)" +
                   needed + "}}");
        return visit.found();
    };
    CHECK_THAT(account("true"), Contains("failed login: not logged in\n"));
    CHECK_THAT(account("false"), Contains("ok login: not needed"));
}

TEST_CASE("an ACP agent is greeted up to its session", "[unit][agent]") {
    Visit visit("acp");
    visit.greeting_of("acp-claude-permission-allow_once");
    CHECK(visit.is_over());
    CHECK_THAT(visit.fed(), Contains("session/new") && !Contains("session/prompt"));
    CHECK_THAT(visit.found(),
               Contains("ok version: @agentclientprotocol/claude-agent-acp 0.100.0\n") &&
                   Contains("ok login: Anthropic API key\n") && Contains("ok session: ") &&
                   Contains("ok resume: by session/resume or session/load\n") &&
                   Contains("ok questions: permissions, forms (mode default)\n"));
}

TEST_CASE("an ACP agent that wants a login says so", "[unit][agent]") {
    Visit visit("acp");
    visit.line(R"({"jsonrpc":"2.0","id":0,"result":{"protocolVersion":1,"agentCapabilities":{}}})");
    visit.line(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"Log in first"}})");
    CHECK(visit.is_over());
    CHECK_THAT(visit.found(),
               Contains("failed login: not logged in: Log in first") && Contains("ok answers: "));
}

TEST_CASE("an agent that does not speak its protocol fails with what it did", "[unit][agent]") {
    for (const auto* driver : {"claude", "codex", "acp"}) {
        INFO(driver);
        Visit garbage(driver);
        garbage.line("Welcome!").line("no such file", Stream::err);
        CHECK_FALSE(garbage.is_over());
        const Exit exit{.code = 2, .signal = {}, .terminated_by_us = false};
        CHECK(garbage.found(exit) == "failed answers: before it answered it exited with code 2: "
                                     "no such file; it wrote: Welcome!\n");
        Visit silent(driver);
        CHECK(silent.found(std::nullopt) ==
              "failed answers: it did not answer in the time it had\n");
    }
    Visit refused("codex");
    refused.line(R"({"id":1,"error":{"code":-32600,"message":"too old"}})");
    CHECK(refused.is_over());
    CHECK_THAT(refused.found(), Contains("failed answers: it refused: too old"));
}

TEST_CASE("a turn is judged as a task would be", "[unit][agent]") {
    Visit jsonl("jsonl", {"agent"}, true);
    CHECK_THAT(jsonl.fed(), Contains("the prompt"));
    jsonl.line(R"({"type":"result","result":"OK"})");
    CHECK(jsonl.is_over());
    CHECK_THAT(jsonl.found(), Contains("ok answers: ") && Contains("ok turn: OK\n"));

    Visit forgetful("jsonl", {"agent"}, true);
    CHECK_THAT(forgetful.found(), Contains("failed turn: ") && Contains("without a result line"));

    Visit command("command", {"agent"}, true);
    CHECK_THAT(command.found(), Contains("ok turn: exit code 0\n"));

    Visit slow("command", {"agent"}, true);
    CHECK_THAT(slow.found(std::nullopt), Contains("failed turn: it did not end in the time"));
}

TEST_CASE("nobody is asked while an agent is inspected", "[unit][agent]") {
    Visit visit("jsonl", {"agent"}, true);
    visit.line(R"({"type":"question","id":"q","text":"Why?"})");
    CHECK_THAT(visit.fed(),
               Contains(R"({"type":"answer","id":"q","answer":null,"timed_out":true})"));
}

TEST_CASE("who has no greeting is known", "[unit][agent]") {
    CHECK(Inspection::has_greeting("claude", {"claude"}));
    CHECK(Inspection::has_greeting("codex", {"codex"}));
    CHECK_FALSE(Inspection::has_greeting("codex", {"codex", "exec"}));
    CHECK_FALSE(Inspection::has_greeting("jsonl", {"x"}));
    CHECK_FALSE(Inspection::has_greeting("command", {"x"}));
}
