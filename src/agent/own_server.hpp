// agentcron's own MCP server (`agentcron mcp`), as each kind of agent is told of it. The server
// finds its run by two variables of the environment; none of this names their values, so the token
// stands in no argument and no configuration. Pure.
#pragma once

#include <boost/json/array.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::agent::own_server {

inline constexpr std::string_view name = "agentcron"; // as agents know it

// Of all of these: empty where the server's argv is empty.

std::vector<std::string> claude_arguments(const std::vector<std::string>& argv);
// Codex gives a server no variables but those it is told to pass on.
std::vector<std::string> codex_arguments(const std::vector<std::string>& argv);
// The member mcpServers of session/new. The agent's own environment has the variables.
boost::json::array acp_servers(const std::vector<std::string>& argv);

// As Claude Code names the tools.
bool has_tool(std::string_view claude_name);
inline constexpr std::string_view claude_ask_person = "mcp__agentcron__ask_person";

} // namespace agentcron::agent::own_server
