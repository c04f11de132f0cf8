// An agent of the Agent Client Protocol, from its schedule to the answer of a person.
#include "agents/agents_run.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::agents;
using Catch::Contains;

namespace {

const char* which_colour =
    R"(Ask me @@ TOOL AskUserQuestion {"questions":[{"question":"Which colour?",)"
    R"("header":"Colour","multiSelect":false,"options":[{"label":"Red","description":"r"},)"
    R"({"label":"Blue","description":"b"}]}]} @@ ECHO)";

class AcpRun : public AgentsRun {
public:
    AcpRun() {
        // Its own choice may be a mode in which nobody is asked.
        cli.directory.write(".claude/settings.json",
                            R"({"permissions":{"defaultMode":"default"}})");
        declare("acp", {program("claude-agent-acp").string()},
                fmt::format("    env:\n"
                            "      HOME: {}\n"
                            "      ANTHROPIC_BASE_URL: {}\n"
                            "      ANTHROPIC_API_KEY: any\n"
                            "      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1'\n"
                            "      DISABLE_AUTOUPDATER: '1'\n",
                            cli.directory.path().string(), model_url()));
        start_daemon();
    }
};

} // namespace

TEST_CASE("an ACP agent does its task", "[agents][acp]") {
    AGENTCRON_NEEDS_AGENT("claude-agent-acp");
    AcpRun run;
    const auto id = run.enqueue("Say hi @@ SAY hi there");
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(run.task(id, "summary") == "hi there");
    CHECK(run.task(id, "session_id is not null") == "t");
}

TEST_CASE("a question of an ACP agent is answered while it waits", "[agents][acp]") {
    AGENTCRON_NEEDS_AGENT("claude-agent-acp");
    AcpRun run;
    const auto id = run.enqueue(which_colour);
    const auto question = run.question_of(id, false);
    CHECK_THAT(boost::json::serialize(question), Contains("Which colour?"));
    run.answer(id, "Blue");
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK_THAT(run.task(id, "summary"), Contains("Blue"));
}

TEST_CASE("a request of an ACP agent outlives its process and the daemon", "[agents][acp]") {
    AGENTCRON_NEEDS_AGENT("claude-agent-acp");
    AcpRun run;
    const auto id = run.enqueue(R"(Make it @@ TOOL Bash {"command":"touch made"} )"
                                R"(@@ TOOL Bash {"command":"touch made"} @@ SAY made it)",
                                R"({"hold":1})");
    run.question_of(id, true);
    run.stop_daemon();
    run.answer(id, "allow");
    run.start_daemon();
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(std::filesystem::exists(run.work() / "made"));
    CHECK(run.task(id, "run_no || '/' || attempt") == "2/1");
}
