#include "agent/own_server.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent::own_server {
namespace json = boost::json;
namespace {

// As process/wire.hpp has them.
constexpr std::string_view socket_variable = "AGENTCRON_SOCKET";
constexpr std::string_view token_variable = "AGENTCRON_ASK_TOKEN";
// Codex gives up a call after a minute else. How long a person may take is up to `hold`.
constexpr int call_limit_s = 30 * 24 * 3600;

json::array arguments_of(const std::vector<std::string>& argv) {
    return json::array(argv.begin() + 1, argv.end());
}

} // namespace

std::vector<std::string> claude_arguments(const std::vector<std::string>& argv) {
    if (argv.empty()) return {};
    // Claude Code puts in what the variables hold.
    json::object variables;
    for (const auto variable : {socket_variable, token_variable})
        variables[variable] = fmt::format("${{{}}}", variable);
    json::object server{{"type", "stdio"},
                        {"command", argv.front()},
                        {"args", arguments_of(argv)},
                        {"env", std::move(variables)}};
    json::object servers;
    servers[name] = std::move(server);
    return {"--mcp-config", json::serialize(json::object{{"mcpServers", std::move(servers)}})};
}

std::vector<std::string> codex_arguments(const std::vector<std::string>& argv) {
    if (argv.empty()) return {};
    std::vector<std::string> arguments;
    // A string or an array of strings is the same in TOML as in JSON.
    const auto set = [&](std::string_view key, const json::value& value) {
        arguments.push_back("-c");
        arguments.push_back(fmt::format("mcp_servers.{}.{}={}", name, key, json::serialize(value)));
    };
    set("command", json::value(argv.front()));
    set("args", arguments_of(argv));
    set("env_vars", json::array{socket_variable, token_variable});
    set("tool_timeout_sec", json::value(call_limit_s));
    return arguments;
}

json::array acp_servers(const std::vector<std::string>& argv) {
    json::array servers;
    if (argv.empty()) return servers;
    servers.push_back(json::object{{"name", name},
                                   {"command", argv.front()},
                                   {"args", arguments_of(argv)},
                                   {"env", json::array{}}});
    return servers;
}

bool has_tool(std::string_view claude_name) {
    return claude_name.starts_with("mcp__agentcron__");
}

} // namespace agentcron::agent::own_server
