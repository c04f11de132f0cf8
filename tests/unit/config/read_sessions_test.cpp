// The keys about conversations, and about what a person is asked before.
#include "reading.hpp"

using namespace agentcron;
using namespace agentcron::config;

namespace {

std::string with_agent(const std::string& keys) {
    return "agents:\n  x: {command: [x], " + keys + "}\n";
}

std::string with_schedule(const std::string& keys) {
    return with_agent("driver: claude") + "schedules:\n  s: {cron: '@daily', agent: x, " + keys +
           "}\n";
}

} // namespace

TEST_CASE("conversation and ask_before are read", "[unit][config]") {
    const auto config = config_of(with_schedule("conversation: continue"));
    CHECK(config.schedules.at(0).conversation == schedule::Conversation::go_on);
    CHECK(config_of(with_schedule("overlap: allow")).schedules.at(0).conversation ==
          schedule::Conversation::fresh);
    const auto asks = config_of(with_agent("driver: claude, ask_before: [Bash, mcp__jira__*]"));
    CHECK(asks.agents.at(0).ask_before == std::vector<std::string>{"Bash", "mcp__jira__*"});
    const auto chain = config_of(with_agent("driver: claude") +
                                 "schedules:\n  s:\n    cron: '@daily'\n    agent: x\n"
                                 "    steps: [{name: a}, {name: b, conversation: continue}]\n");
    CHECK(chain.schedules.at(0).steps.at(1).conversation == schedule::Conversation::go_on);
}

TEST_CASE("mistakes about conversations and tools are named where they stand", "[unit][config]") {
    CHECK_THAT(errors_of(with_schedule("conversation: new")),
               Catch::StartsWith("a.yaml:4:47: unknown conversation 'new'; expected fresh, "
                                 "continue"));
    CHECK_THAT(errors_of(with_schedule("conversation: continue, overlap: allow")),
               Catch::StartsWith("a.yaml:4:66: with `conversation: continue` only one task"));
    CHECK_THAT(errors_of(with_agent("driver: claude, ask_before: ['rm -r']")),
               Catch::Contains("'rm -r' cannot name a tool; expected a name such as Bash or "
                               "mcp__jira__*"));
    CHECK_THAT(errors_of(with_agent("driver: codex, ask_before: [Bash]")),
               Catch::Contains("only agents of `driver: claude` ask before a tool"));
}
