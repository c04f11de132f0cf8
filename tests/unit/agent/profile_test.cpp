#include "agent/profile.hpp"

#include "support/catch.hpp"

using namespace agentcron::agent;
using agentcron::base::Seconds;

TEST_CASE("a profile survives being stored", "[unit][agent]") {
    Profile profile;
    profile.name = "claude";
    profile.command = {"claude", "-p", "it's \"quoted\""};
    profile.env = {{"B", "2"}, {"A", "with = sign\n"}};
    profile.pass_env = {"ANTHROPIC_API_KEY"};
    profile.env_file = "/etc/agentcron/claude.env";
    profile.workspace_dir = "/srv/my work";
    profile.setup = {"npm", "ci"};
    profile.git = GitWorkspace{.repo = "/srv/app",
                               .base = "origin/main",
                               .branch = "bot/{{schedule}}-{{task_id}}",
                               .keep = GitWorkspace::Keep::never,
                               .archive = {"git", "push"}};
    profile.output_bytes_max = 1ull << 40;
    profile.grace = Seconds{30};
    profile.driver = "jsonl";
    profile.max_concurrent = 2; // has a column of its own

    const auto back = profile_from_json("claude", "jsonl", config_to_json(profile));
    REQUIRE(back.has_value());
    CHECK(back->name == profile.name);
    CHECK(back->driver == profile.driver);
    CHECK(back->command == profile.command);
    CHECK(back->env == profile.env);
    CHECK(back->pass_env == profile.pass_env);
    CHECK(back->env_file == profile.env_file);
    CHECK(back->workspace_dir == profile.workspace_dir);
    CHECK(back->setup == profile.setup);
    REQUIRE(back->git.has_value());
    CHECK(back->git->repo == profile.git->repo);
    CHECK(back->git->base == profile.git->base);
    CHECK(back->git->branch == profile.git->branch);
    CHECK(back->git->keep == profile.git->keep);
    CHECK(back->git->archive == profile.git->archive);
    CHECK(back->output_bytes_max == profile.output_bytes_max);
    CHECK(back->grace == profile.grace);
}

TEST_CASE("what happens to too much output survives being stored", "[unit][agent]") {
    Profile profile;
    profile.driver = "command";
    profile.command = {"agent"};
    CHECK(config_to_json(profile).find("when_full") == std::string::npos);
    profile.when_full = Profile::WhenFull::drop_middle;
    const auto back = profile_from_json("long", "command", config_to_json(profile));
    REQUIRE(back.has_value());
    CHECK(back->when_full == Profile::WhenFull::drop_middle);
    const auto other = profile_from_json("long", "jsonl", config_to_json(profile));
    REQUIRE_FALSE(other.has_value());
    CHECK(other.error().find("limits.when_full: the output of an agent of driver jsonl") == 0);
}

TEST_CASE("what an agent may use survives being stored", "[unit][agent]") {
    Profile profile;
    profile.driver = "claude";
    profile.command = {"agent"};
    profile.memory_bytes_max = 4ull << 30;
    profile.pids_max = 500;
    profile.cpus_max = 1.5;
    const auto back = profile_from_json("small", "claude", config_to_json(profile));
    REQUIRE(back.has_value());
    CHECK(back->memory_bytes_max == profile.memory_bytes_max);
    CHECK(back->pids_max == 500);
    CHECK(back->cpus_max == 1.5);
}

TEST_CASE("how warm an agent is kept survives being stored", "[unit][agent]") {
    Profile profile;
    profile.driver = "jsonl";
    profile.command = {"agent"};
    profile.prewarm = Seconds{10};
    profile.persistent = true;
    profile.recycle_requests = 100;
    profile.recycle_memory_bytes = 512ull << 20;
    profile.idle = Seconds{60};

    const auto back = profile_from_json("warm", "jsonl", config_to_json(profile));
    REQUIRE(back.has_value());
    CHECK(back->prewarm == profile.prewarm);
    CHECK(back->persistent);
    CHECK(back->recycle_requests == profile.recycle_requests);
    CHECK(back->recycle_memory_bytes == profile.recycle_memory_bytes);
    CHECK(back->idle == profile.idle);
}

TEST_CASE("a profile needs no more than a command", "[unit][agent]") {
    const auto profile = profile_from_json("hello", "command", R"({"command":["echo"],"new":1})");
    REQUIRE(profile.has_value());
    CHECK(profile->command == std::vector<std::string>{"echo"});
    CHECK(profile->output_bytes_max == 256ull << 20);
    CHECK(profile->grace == Seconds{5});
    CHECK(profile->env.empty());
    CHECK_FALSE(profile->git.has_value());
}

TEST_CASE("agentcron's MCP server is for agents that speak a protocol with one", "[unit][agent]") {
    const auto* config = R"({"command":["a"],"mcp":true})";
    const auto profile = profile_from_json("a", "claude", config);
    REQUIRE(profile.has_value());
    CHECK(profile->mcp);
    CHECK(profile_from_json("a", "claude", config_to_json(*profile))->mcp);
    CHECK_THAT(profile_from_json("a", "jsonl", config).error(), Catch::Contains("mcp is for"));
}

TEST_CASE("a wrong profile names the member", "[unit][agent]") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "not JSON"},
        {"3", "must be a JSON object"},
        {"{}", "command must name a program"},
        {R"({"command":[]})", "command must name a program"},
        {R"({"command":[""]})", "command must name a program"},
        {R"({"command":"echo hi"})", "command must be a list of strings"},
        {R"({"command":["echo",1]})", "command must be a list of strings"},
        {R"({"command":["a\u0000b"]})", "NUL"},
        {R"({"command":["a"],"env":["A=1"]})", "env must be an object of strings"},
        {R"({"command":["a"],"env":{"A":1}})", "env must be an object of strings"},
        {R"({"command":["a"],"env":{"A=B":"1"}})", "'A=B', which cannot name a variable"},
        {R"({"command":["a"],"env":{"A":"\u0000"}})", "env.A must not contain"},
        {R"({"command":["a"],"pass_env":["1A"]})", "'1A', which cannot name a variable"},
        {R"({"command":["a"],"workspace":"here"})", "workspace must be an object"},
        {R"({"command":["a"],"workspace":{"dir":1}})", "workspace.dir must be a string"},
        {R"({"command":["a"],"workspace":{"setup":"npm ci"}})",
         "workspace.setup must be a list of strings"},
        {R"({"command":["a"],"workspace":{"git":"app"}})",
         "workspace.git must be an absolute path"},
        {R"({"command":["a"],"workspace":{"git":"/a","keep":"no"}})", "workspace.keep must be"},
        {R"({"command":["a"],"workspace":{"git":"/a","archive":[""]}})",
         "workspace.archive must name a program"},
        {R"({"command":["a"],"workspace":{"setup":[""]}})", "workspace.setup must name a program"},
        {R"({"command":["a"],"limits":{"output":-1}})", "limits.output must be a whole number"},
        {R"({"command":["a"],"limits":{"when_full":"wait"}})",
         "limits.when_full must be kill, drop_middle or block"},
        {R"({"command":["a"],"grace":"5s"})", "grace must be whole seconds"},
        {R"({"command":["a"],"prewarm":5})", "prewarm: an agent of driver command takes its"},
        {R"({"command":["a"],"persistent":true})", "persistent: an agent of driver command ends"},
        {R"({"command":["a"],"recycle":{"requests":0}})", "recycle.requests must be"},
        {R"({"command":["a"],"prewarm":5,"workspace":{"setup":["b"]}})",
         "prewarm: workspace.setup runs before"},
        {R"({"command":["a"],"prewarm":3601})", "prewarm must be at most 1h"},
    };
    for (const auto& [config, message] : cases) {
        CAPTURE(config);
        const auto profile = profile_from_json("a", "command", config);
        REQUIRE_FALSE(profile.has_value());
        CHECK_THAT(profile.error(), Catch::Contains(message));
    }
}
