#include "agent/takeover.hpp"

#include "support/catch.hpp"

using namespace agentcron::agent;

namespace {

Profile profile(std::string driver, std::vector<std::string> command) {
    Profile profile;
    profile.name = "a";
    profile.driver = std::move(driver);
    profile.command = std::move(command);
    return profile;
}

std::string line(const Profile& profile, std::string_view directory = "/src") {
    return shell_line(takeover_of(profile, "s-1"), directory);
}

} // namespace

TEST_CASE("a conversation is taken over with the agent's own command", "[unit][agent]") {
    CHECK(line(profile("claude", {"claude", "--model", "opus"})) ==
          "cd /src && claude --model opus --resume s-1");
    CHECK(line(profile("codex", {"codex", "-c", "model=\"o\""})) ==
          "cd /src && codex -c 'model=\"o\"' resume s-1");
    CHECK(line(profile("codex", {"codex", "exec", "--skip-git-repo-check"}), "") ==
          "codex resume s-1");
    CHECK(line(profile("acp", {"/opt/bin/gemini", "--acp"})) == "cd /src && gemini --resume s-1");
    CHECK(line(profile("acp", {"npx", "claude-agent-acp"})) == "cd /src && claude --resume s-1");
}

TEST_CASE("who has no command for a terminal says so", "[unit][agent]") {
    const auto unknown = takeover_of(profile("acp", {"some-agent"}), "s-1");
    CHECK(unknown.argv.empty());
    CHECK_THAT(unknown.why_not, Catch::Contains("Agent Client Protocol"));
    CHECK_THAT(takeover_of(profile("jsonl", {"x"}), "s-1").why_not, Catch::Contains("jsonl"));
    CHECK(takeover_of(profile("claude", {"claude"}), "s-1").why_not.empty());
}

TEST_CASE("a shell leaves every word of the command as it is", "[unit][agent]") {
    auto agent = profile("claude", {"claude", "--append-system-prompt", "don't $x"});
    agent.env = {{"HOME", "/home/a b"}, {"ANTHROPIC_LOG", "warn"}};
    CHECK(line(agent, "/my src") == "cd '/my src' && HOME='/home/a b' claude "
                                    "--append-system-prompt 'don'\\''t $x' --resume s-1");
    CHECK(shell_word("") == "''");
    CHECK(shell_word("a\nb") == "'a\nb'");
    CHECK(shell_word("~") == "'~'");
}
