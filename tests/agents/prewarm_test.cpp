// The real agents, started before their fire time: each has said that it is initialised, in its
// own words, before there is a task.
#include "agents/agents_run.hpp"

#include <fstream>
#include <iterator>
#include <spdlog/fmt/fmt.h>

using namespace agentcron;
using namespace agentcron::agents;
namespace fs = std::filesystem;

namespace {

class PrewarmRun : public AgentsRun {
public:
    PrewarmRun(const std::string& driver, const std::string& name) {
        write_codex_settings();
        declare(driver, {program(name).string()},
                fmt::format("    prewarm: 1h\n"
                            "    env:\n"
                            "      HOME: {}\n"
                            "      FAKE_MODEL_KEY: any\n"
                            "      ANTHROPIC_BASE_URL: {}\n"
                            "      ANTHROPIC_API_KEY: any\n"
                            "      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1'\n"
                            "      DISABLE_AUTOUPDATER: '1'\n",
                            cli.directory.path().string(), model_url()));
        start_daemon();
        // It fires within the hour, so a process is started at once.
        cli.database.execute("insert into agentcron.schedules (name, agent, cron, prompt) values "
                             "('s', 'real', '@every 1h', 'Say hi @@ SAY hi there')");
        cli.database.execute("select agentcron.wake('schedules')");
    }

    // Until a process that waits has said `words`.
    bool has_said(const std::string& words) {
        const auto deadline = std::chrono::steady_clock::now() + base::Seconds(120);
        while (std::chrono::steady_clock::now() < deadline) {
            std::error_code none_yet;
            for (const auto& entry :
                 fs::recursive_directory_iterator(cli.directory.path() / "state/runs", none_yet)) {
                if (entry.path().filename() != "spool") continue;
                std::ifstream in(entry.path(), std::ios::binary);
                const std::string spool(std::istreambuf_iterator<char>(in), {});
                if (spool.find(words) != std::string::npos) return true;
            }
            cli.database.wait_for_value("select false", "t", base::Millis(50));
        }
        return false;
    }

    std::string fire() {
        // Made an hour ago, by its clock: one of its fire times is now.
        cli.database.execute("update agentcron.schedules set created_at = x.at - interval '1 hour',"
                             " next_fire_at = x.at from (select date_trunc('second', now()) as at) "
                             "x");
        cli.database.execute("select agentcron.wake('schedules')");
        cli.database.wait_for_value("select count(*) from agentcron.tasks", "1");
        return cli.database.value("select id from agentcron.tasks");
    }
};

void check(const std::string& driver, const std::string& name, const std::string& words) {
    PrewarmRun run(driver, name);
    REQUIRE(run.has_said(words));
    CHECK(run.cli.database.value("select count(*) from agentcron.tasks") == "0");
    const auto id = run.fire();
    REQUIRE(run.status_of(id, "succeeded") == "succeeded");
    CHECK(run.task(id, "result::text like '%hi there%'") == "t");
    CHECK(run.model_calls() == 1);
    CHECK(run.cli.database.value(fmt::format(
              "select min(o.at) < t.started_at from agentcron.output o join agentcron.tasks t on "
              "t.id = o.task_id where position('{}' in convert_from(o.body, 'UTF8')) > 0 group by "
              "t.started_at",
              words)) == "t");
}

} // namespace

TEST_CASE("Claude Code is initialised before its fire time", "[agents][claude][prewarm]") {
    AGENTCRON_NEEDS_AGENT("claude");
    check("claude", "claude", "control_response");
}

TEST_CASE("Codex is initialised before its fire time", "[agents][codex][prewarm]") {
    AGENTCRON_NEEDS_AGENT("codex");
    check("codex", "codex", "userAgent");
}

TEST_CASE("an ACP agent has its session before its fire time", "[agents][acp][prewarm]") {
    AGENTCRON_NEEDS_AGENT("claude-agent-acp");
    check("acp", "claude-agent-acp", "\"sessionId\"");
}
