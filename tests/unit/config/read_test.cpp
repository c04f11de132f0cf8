#include "config/read.hpp"

#include "base/timestamps.hpp"
#include "reading.hpp"

using namespace agentcron;
using namespace agentcron::config;
using base::Seconds;
using Texts = std::vector<std::string>;

namespace {

// Every key, each with a value that is not its default.
const std::string everything = R"(
timezone: Europe/Berlin
database: postgresql://db/agents
slots: 7
context: {database: "user=ro", statement_timeout: 3s, max_size: 2M, max_prompt: 1K}
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
    prewarm: 10s
    persistent: true
    recycle: {requests: 100, memory: 512M}
    idle: 1m
    max_concurrent: 2
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
    after: [upstream]
    priority: 5
    overlap: queue_all
    queue_max: 7
    while_waiting: allow
    catch_up: none
    catch_up_window: 2d
    catch_up_max: 9
    hold: 0s
    jitter: 5m
    starts_at: 2026-12-01
    ends_at: 2027-01-01T09:30
    max_runs: 10
    exclude: [2026-12-25, holidays, 2026-08-01/2026-08-14]
    concurrency: {group: repo-x, limit: 2}
    total_timeout: 2h
    stall_timeout: 10m
    queue_timeout: 6h
    input_timeout: 3d
    on_input_timeout: continue
    on_lost: ask
    max_limit_waits: 0
    budget: {cost_usd: 1.50, turns: 40, per_day: {cost_usd: 10, tokens: 5000000000}}
    pause_after_failures: 3
    success: {exit_code: [0, 3], result: required, check: [test, -s, out]}
    notify:
      {on: [failed, missed], webhook: "https://x/y", secret_file: secret, reminders: [1h, 1d],
       escalate: {after: 4h, command: [page, ops]}}
    heartbeat: https://hc/1
    steps:
      - {name: parse, timeout: 60s, params: {n: 1}, prompt: "{{params.n}} {{context.mail}}",
         context: {mail: "select * from mail where who = {{params.who}}"}}
      - {name: store, agent: claude, retry: {jitter: false, on: [lost], never_on_exit: 2},
         success: {exit_code: 1}, budget: {tokens: 7}}
calendars:
  holidays: [2026-12-31/2027-01-01, 2026-10-03]
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
    CHECK(claude.prewarm == Seconds{10});
    CHECK(claude.persistent);
    CHECK(claude.recycle_requests == 100);
    CHECK(claude.recycle_memory_bytes == 512ull << 20);
    CHECK(claude.idle == Seconds{60});
    CHECK(claude.max_concurrent == 2);
}

TEST_CASE("the output of a command can be cut instead of ending it", "[unit][config]") {
    const Config config = config_of("agents:\n"
                                    "  a: {command: [a], limits: {when_full: drop_middle}}\n"
                                    "  b: {command: [b]}\n");
    CHECK(config.agents.at(0).when_full == agent::Profile::WhenFull::drop_middle);
    CHECK(config.agents.at(1).when_full == agent::Profile::WhenFull::kill);
}

TEST_CASE("what an agent may use is declared with its limits", "[unit][config]") {
    const Config config = config_of("agents:\n"
                                    "  a: {command: [a], limits: {memory: 2G, pids: 500, "
                                    "cpu: 1.5}}\n"
                                    "  b: {command: [b]}\n");
    const auto& a = config.agents.at(0);
    CHECK(a.memory_bytes_max == 2ull << 30);
    CHECK(a.pids_max == 500);
    CHECK(a.cpus_max == 1.5);
    const auto& b = config.agents.at(1);
    CHECK(b.memory_bytes_max == 0);
    CHECK(b.pids_max == 0);
    CHECK_FALSE(b.cpus_max);
}

TEST_CASE("a worktree of a repository is declared with its keys", "[unit][config]") {
    const Config config =
        config_of("workspaces: {max_bytes: 20G}\n"
                  "agents:\n"
                  "  a: {command: [a], workspace: {git: ~/app, base: origin/main, "
                  "branch: 'bot/{{task_id}}', keep: always, setup: [npm, ci], "
                  "archive: [git, push]}}\n"
                  "  b: {command: [b], workspace: {git: ../app}}\n");
    CHECK(config.settings.workspaces_bytes_max == 20ull << 30);
    const auto& all = config.agents.at(0);
    REQUIRE(all.git.has_value());
    CHECK(all.git->repo == "/home/ann/app");
    CHECK(all.git->base == "origin/main");
    CHECK(all.git->branch == "bot/{{task_id}}");
    CHECK(all.git->keep == agent::GitWorkspace::Keep::always);
    CHECK(all.git->archive == std::vector<std::string>{"git", "push"});
    CHECK(all.setup == std::vector<std::string>{"npm", "ci"});
    const auto& least = config.agents.at(1);
    REQUIRE(least.git.has_value());
    CHECK(least.git->repo == "/etc/app");
    CHECK(least.git->base == "HEAD");
    CHECK(least.git->branch == "agent/{{task_id}}");
    CHECK(least.git->keep == agent::GitWorkspace::Keep::on_failure);
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
    CHECK(nightly.overlap == schedule::Overlap::queue_all);
    CHECK(nightly.while_waiting == schedule::WhileWaiting::allow);
    CHECK(nightly.catch_up == schedule::CatchUp::none);
    CHECK(nightly.catch_up_window == Seconds{2 * 86400});
    CHECK(nightly.catch_up_max == 9);
    CHECK(nightly.timeout == Seconds{45 * 60});
    CHECK(nightly.hold == Seconds{0});
    CHECK(nightly.retry.attempts == 3);
    CHECK(nightly.retry.backoff == Seconds{60});
    CHECK(nightly.retry.max_backoff == Seconds{600});
}

TEST_CASE("every newer policy of a schedule reaches it", "[unit][config]") {
    const Config config = config_of(everything);
    const schedule::Schedule& nightly = config.schedules.front();
    CHECK(nightly.after == Texts{"upstream"});
    CHECK(nightly.queue_max == 7);
    CHECK(nightly.jitter == Seconds{300});
    CHECK(nightly.starts_at == *base::from_rfc3339("2026-12-01T05:00:00Z"));
    CHECK(nightly.ends_at == *base::from_rfc3339("2027-01-01T14:30:00Z"));
    CHECK(nightly.max_runs == 10);
    CHECK(nightly.exclude ==
          Texts{"2026-12-25", "2026-12-31/2027-01-01", "2026-10-03", "2026-08-01/2026-08-14"});
    CHECK(nightly.concurrency.group == "repo-x");
    CHECK(nightly.concurrency.limit == 2);
    CHECK(nightly.total_timeout == Seconds{7200});
    CHECK(nightly.stall_timeout == Seconds{600});
    CHECK(nightly.queue_timeout == Seconds{6 * 3600});
    CHECK(nightly.input_timeout == Seconds{3 * 86400});
    CHECK(nightly.on_input_timeout == schedule::OnInputTimeout::go_on);
    CHECK(nightly.on_lost == schedule::OnLost::ask);
    CHECK(nightly.max_limit_waits == 0);
    CHECK(nightly.budget == schedule::Budget{1.5, 40, {}});
    CHECK(nightly.day_budget == schedule::Budget{10.0, {}, 5'000'000'000});
    CHECK(nightly.pause_after_failures == 3);
    CHECK(nightly.success.exit_codes == std::vector{0, 3});
    CHECK(nightly.success.result);
    CHECK(nightly.success.check == Texts{"test", "-s", "out"});
    REQUIRE(nightly.notify.has_value());
    CHECK(nightly.notify->on == Texts{"failed", "missed"});
    CHECK(nightly.notify->webhook == "https://x/y");
    CHECK(nightly.notify->secret_file == "/etc/agentcron/secret");
    CHECK(nightly.notify->reminders == std::vector{Seconds{3600}, Seconds{86400}});
    REQUIRE(nightly.notify->escalate.has_value());
    CHECK(nightly.notify->escalate->after == Seconds{4 * 3600});
    CHECK(nightly.notify->escalate->command == Texts{"page", "ops"});
    CHECK(nightly.heartbeat_url == "https://hc/1");
}

TEST_CASE("a step has what its schedule says, unless it says otherwise", "[unit][config]") {
    const Config config = config_of(everything);
    const auto& steps = config.schedules.front().steps;
    REQUIRE(steps.size() == 2);
    CHECK(steps[0].name == "parse");
    CHECK(steps[0].agent.empty());
    CHECK(steps[0].timeout == Seconds{60});
    CHECK(steps[0].params_json == R"({"n":1})");
    REQUIRE(steps[0].context.size() == 1);
    CHECK(steps[0].context[0].first == "mail");
    CHECK(steps[0].context[0].second == "select * from mail where who = {{params.who}}");
    CHECK(steps[0].retry.attempts == 3);
    CHECK(steps[0].stall_timeout == Seconds{600});
    CHECK(steps[0].max_limit_waits == 0);
    CHECK(steps[1].agent == "claude");
    CHECK(steps[1].prompt.empty());
    CHECK(steps[1].timeout == Seconds{45 * 60});
    CHECK(steps[1].retry.attempts == 3);
    CHECK_FALSE(steps[1].retry.jitter);
    CHECK(steps[1].retry.on == Texts{"lost"});
    CHECK(steps[1].retry.never_on_exit == std::vector{2});
    CHECK(steps[1].success.exit_codes == std::vector{1});
    CHECK(steps[1].budget == schedule::Budget{{}, {}, 7});
    // What the chain as a whole is or proves is not a step's.
    CHECK(steps[0].budget == schedule::Budget{});
    CHECK(steps[1].total_timeout == Seconds{0});
    CHECK_FALSE(steps[1].success.result);
}

TEST_CASE("an instant without an offset is one of the schedule's clock", "[unit][config]") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"2026-12-01T00:00:00+01:00", "2026-11-30T23:00:00Z"},
        {"2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z"},
        {"2026-12-01", "2026-11-30T23:00:00Z"},
        {"2026-12-01 09:00", "2026-12-01T08:00:00Z"},
        {"2026-03-29T02:30", "2026-03-29T01:00:00Z"},  // in the gap: its end
        {"2026-10-25T02:30", "2026-10-25T00:30:00Z"}}; // twice: the first
    for (const auto& [written, meant] : cases) {
        const Config config = config_of("timezone: Europe/Berlin\nagents: {a: {command: [x]}}\n"
                                        "schedules: {s: {cron: '@daily', agent: a, starts_at: " +
                                        written + "}}");
        CHECK(base::to_rfc3339(*config.schedules.front().starts_at) == meant);
    }
}

TEST_CASE("a calendar of one file is known in every other", "[unit][config]") {
    const Config config = config_of(
        Files{{"a.yaml", "agents: {a: {command: [x]}}\n"
                         "schedules: {s: {cron: '@daily', agent: a, exclude: [c, empty]}}"},
              {"b.yaml", "calendars: {c: [2026-12-25], empty: }"}});
    CHECK(config.schedules.front().exclude == Texts{"2026-12-25"});
}

TEST_CASE("a schedule needs no cron after others, and no agent if its steps have theirs",
          "[unit][config]") {
    const Config config = config_of("agents: {a: {command: [x]}}\nschedules:\n"
                                    "  s: {after: [t], steps: [{name: one, agent: a}]}\n");
    CHECK(config.schedules.front().cron.empty());
    CHECK(config.schedules.front().agent.empty());
}

TEST_CASE("settings are read, and absent ones stay unset", "[unit][config]") {
    const Config full = config_of(everything);
    REQUIRE(full.settings.database == "postgresql://db/agents");
    REQUIRE(full.settings.slots == 7);
    CHECK(full.settings.context.database == "user=ro");
    CHECK(full.settings.context.statement_timeout == Seconds{3});
    CHECK(full.settings.context.max_size == 2 << 20);
    CHECK(full.settings.context.max_prompt == 1 << 10);
    const Config empty = config_of("");
    REQUIRE(empty.settings.database.empty());
    REQUIRE_FALSE(empty.settings.slots.has_value());
    CHECK(empty.settings.context.database.empty());
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
