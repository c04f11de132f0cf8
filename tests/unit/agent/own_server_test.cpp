#include "agent/own_server.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>
#include <cstdlib>

using namespace agentcron::agent;
namespace json = boost::json;

namespace {

const std::vector<std::string> argv{"/opt/agent cron/agentcron", "mcp"};

} // namespace

TEST_CASE("an agent that gets no server is told of none", "[unit][agent]") {
    CHECK(own_server::claude_arguments({}).empty());
    CHECK(own_server::codex_arguments({}).empty());
    CHECK(own_server::acp_servers({}).empty());
}

TEST_CASE("the server is told to each kind of agent in its way", "[unit][agent]") {
    const auto claude = own_server::claude_arguments(argv);
    REQUIRE(claude.size() == 2);
    CHECK(claude[0] == "--mcp-config");
    const auto server = json::parse(claude[1]).at("mcpServers").at("agentcron");
    CHECK(server.at("command") == "/opt/agent cron/agentcron");
    CHECK(server.at("args") == json::parse(R"(["mcp"])"));
    CHECK(server.at("env").at("AGENTCRON_ASK_TOKEN") == "${AGENTCRON_ASK_TOKEN}");

    const auto codex = own_server::codex_arguments(argv);
    REQUIRE(codex.size() == 8);
    CHECK(codex[1] == "mcp_servers.agentcron.command=\"/opt/agent cron/agentcron\"");
    CHECK(codex[3] == "mcp_servers.agentcron.args=[\"mcp\"]");
    CHECK(codex[5] == "mcp_servers.agentcron.env_vars=[\"AGENTCRON_SOCKET\","
                      "\"AGENTCRON_ASK_TOKEN\"]");

    const auto acp = own_server::acp_servers(argv);
    REQUIRE(acp.size() == 1);
    CHECK(acp.at(0) == json::parse(R"({"name":"agentcron","command":"/opt/agent cron/agentcron",)"
                                   R"("args":["mcp"],"env":[]})"));
}
