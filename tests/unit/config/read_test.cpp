#include "config/read.hpp"

#include "reading.hpp"

using namespace agentcron;
using namespace agentcron::config;
using base::Seconds;

namespace {

// Every key, each with a value that is not its default.
const std::string everything = R"(
timezone: Europe/Berlin
database: postgresql://db/agents
slots: 7
x-defaults: &defaults
  timeout: 45m
  retry: {attempts: 3, backoff: 1m, max_backoff: 10m}
agents:
  claude:
    driver: jsonl
    command: [claude, -p, 1]
    env: {ANTHROPIC_LOG: warn, PORT: 8080}
    pass_env: [PATH]
    env_file: ~/claude.env
    workspace: {dir: ../app/}
    limits: {output: 4K}
    grace: 90s
schedules:
  nightly-triage:
    <<: *defaults
    cron: "30 2 * * mon-fri"
    timezone: America/New_York
    agent: claude
    prompt: |
      Triage what came since {{last_success_at}}.
      Ask {{params.who}}.
    params: {who: ann, many: [1, 2.5, true, null, "3"], zip: 007}
    enabled: false
    priority: 5
    overlap: allow
    while_waiting: allow
    catch_up: none
    catch_up_window: 2d
    catch_up_max: 9
    hold: 0s
)";

} // namespace

TEST_CASE("every key of an agent reaches its profile", "[unit][config]") {
    const Config config = config_of(everything);
    REQUIRE(config.agents.size() == 1);
    const agent::Profile& claude = config.agents.front();
    CHECK(claude.name == "claude");
    CHECK(claude.driver == "jsonl");
    CHECK(claude.command == std::vector<std::string>{"claude", "-p", "1"});
    CHECK(claude.env == std::vector<std::pair<std::string, std::string>>{{"ANTHROPIC_LOG", "warn"},
                                                                         {"PORT", "8080"}});
    CHECK(claude.pass_env == std::vector<std::string>{"PATH"});
    CHECK(claude.env_file == "/home/ann/claude.env");
    CHECK(claude.workspace_dir == "/etc/app");
    CHECK(claude.output_bytes_max == 4096);
    CHECK(claude.grace == Seconds{90});
}

TEST_CASE("every key of a schedule reaches it", "[unit][config]") {
    const Config config = config_of(everything);
    REQUIRE(config.schedules.size() == 1);
    const schedule::Schedule& nightly = config.schedules.front();
    CHECK(nightly.name == "nightly-triage");
    CHECK(nightly.cron == "30 2 * * mon-fri");
    CHECK(nightly.timezone == "America/New_York");
    CHECK(nightly.agent == "claude");
    CHECK(nightly.prompt == "Triage what came since {{last_success_at}}.\nAsk {{params.who}}.\n");
    CHECK(nightly.params_json == R"({"who":"ann","many":[1,2.5E0,true,null,"3"],"zip":"007"})");
    CHECK_FALSE(nightly.enabled);
    CHECK(nightly.priority == 5);
    CHECK(nightly.overlap == schedule::Overlap::allow);
    CHECK(nightly.while_waiting == schedule::WhileWaiting::allow);
    CHECK(nightly.catch_up == schedule::CatchUp::none);
    CHECK(nightly.catch_up_window == Seconds{2 * 86400});
    CHECK(nightly.catch_up_max == 9);
    CHECK(nightly.timeout == Seconds{45 * 60});
    CHECK(nightly.hold == Seconds{0});
    CHECK(nightly.retry_attempts == 3);
    CHECK(nightly.retry_backoff == Seconds{60});
    CHECK(nightly.retry_max_backoff == Seconds{600});
}

TEST_CASE("settings are read, and absent ones stay unset", "[unit][config]") {
    const Config full = config_of(everything);
    REQUIRE(full.settings.database == "postgresql://db/agents");
    REQUIRE(full.settings.slots == 7);
    const Config empty = config_of("");
    REQUIRE(empty.settings.database.empty());
    REQUIRE_FALSE(empty.settings.slots.has_value());
    REQUIRE(empty.files == std::vector<std::filesystem::path>{"a.yaml"});
}

TEST_CASE("what is not said has its default", "[unit][config]") {
    const Config config = config_of("agents: {a: {command: [/bin/true]}}\n"
                                    "schedules: {s: {cron: '@daily', agent: a}}\n");
    const agent::Profile& agent = config.agents.front();
    CHECK(agent.driver == "command");
    CHECK(agent.workspace_dir == "/etc/agentcron");
    CHECK(agent.env_file.empty());
    CHECK(agent.output_bytes_max == agent::Profile{}.output_bytes_max);
    CHECK(agent.grace == agent::Profile{}.grace);
    const schedule::Schedule& schedule = config.schedules.front();
    CHECK(schedule.timezone == "UTC");
    CHECK(schedule.prompt.empty());
    CHECK(schedule.params_json == "{}");
    CHECK(schedule.enabled);
    CHECK(schedule.catch_up == schedule::CatchUp::latest);
}

TEST_CASE("an empty file declares nothing", "[unit][config]") {
    for (const char* text : {"", "\n", "# only a comment\n", "---\n", "agents:\nschedules:\n",
                             "\xEF\xBB\xBF", "~\n"}) {
        const Config config = config_of(text);
        CHECK(config.agents.empty());
        CHECK(config.schedules.empty());
    }
}

TEST_CASE("a file's zone is that of its schedules only", "[unit][config]") {
    const Config config = config_of(Files{
        {"a.yaml", "timezone: Asia/Tokyo\nschedules:\n  s: {cron: '@daily', agent: x}\n"
                   "  t: {cron: '@daily', agent: x, timezone: UTC}\n"},
        {"b.yaml", "agents: {x: {command: [x]}}\nschedules: {u: {cron: '@daily', agent: x}}\n"}});
    REQUIRE(config.schedules.at(0).timezone == "Asia/Tokyo");
    REQUIRE(config.schedules.at(1).timezone == "UTC");
    REQUIRE(config.schedules.at(2).timezone == "UTC");
}

TEST_CASE("anchors, aliases and merge keys share settings", "[unit][config]") {
    const Config config = config_of("x-a: &a {cron: '@daily', agent: x, priority: 1}\n"
                                    "x-b: &b {priority: 2, timeout: 2h}\n"
                                    "agents: {x: &x {command: [x]}, y: *x}\n"
                                    "schedules:\n"
                                    "  one: {<<: [*a, *b]}\n"
                                    "  two: {priority: 3, <<: *a}\n"
                                    "  three: *a\n");
    REQUIRE(config.agents.at(1).name == "y");
    REQUIRE(config.agents.at(1).command == config.agents.at(0).command);
    REQUIRE(config.schedules.at(0).priority == 1);
    REQUIRE(config.schedules.at(0).timeout == Seconds{7200});
    REQUIRE(config.schedules.at(1).priority == 3);
    REQUIRE(config.schedules.at(2).cron == "@daily");
}

TEST_CASE("line ends of other systems change nothing", "[unit][config]") {
    const Config config = config_of("agents:\r\n  x:\r\n    command: [x]\r\n    workspace:\r\n"
                                    "      dir: w\r\n");
    REQUIRE(config.agents.at(0).workspace_dir == "/etc/agentcron/w");
}

TEST_CASE("paths start at the file, at the root or at home", "[unit][config]") {
    const std::vector<std::pair<std::string, std::string>> cases{{"w", "/etc/agentcron/w"},
                                                                 {"./a/../b/", "/etc/agentcron/b"},
                                                                 {"../..", "/"},
                                                                 {"/srv//x/.", "/srv/x"},
                                                                 {"~", "/home/ann"},
                                                                 {"~/a", "/home/ann/a"},
                                                                 {"a~b", "/etc/agentcron/a~b"}};
    for (const auto& [written, meant] : cases) {
        const Config config =
            config_of("agents: {x: {command: [x], workspace: {dir: '" + written + "'}}}");
        CHECK(config.agents.front().workspace_dir == meant);
    }
}
