// `agentcron mcp` as a client starts it: outside a task, and inside one under a living daemon.
#include "e2e/cli_fixture.hpp"

#include <memory>

using agentcron::e2e::CommandLine;
using Catch::Contains;
namespace json = boost::json;
namespace support = agentcron::support;

namespace {

std::string initialize() {
    return R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":)"
           R"("2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}})"
           "\n"
           R"({"jsonrpc":"2.0","method":"notifications/initialized"})"
           "\n";
}

std::string call(int id, const std::string& tool, const std::string& arguments) {
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
           R"(,"method":"tools/call","params":{"name":")" + tool + R"(","arguments":)" + arguments +
           "}}\n";
}

std::vector<json::value> lines_of(const std::string& text) {
    std::vector<json::value> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
    return lines;
}

// An agent in sh that is a client of the server: `say FILE` sends a message, `hear ID` waits for
// its response. Its prompt says what it does.
const char* client = R"(agents:
  client:
    driver: command
    grace: 1s
    command:
      - sh
      - -c
      - |
        cat > prompt.$$; rm -f in out; mkfifo in; agentcron mcp < in > out & exec 4> in
        say() { cat "$1" >&4; }
        hear() { until grep -q "\"id\":$1," out; do sleep 0.02; done; }
        say initialize; hear 1; . ./script; exec 4>&-; wait
)";

class Daemon {
public:
    Daemon(CommandLine& cli, const std::string& script) {
        cli.directory.write("initialize", initialize());
        cli.directory.write("script", script);
        const auto config = cli.directory.write("agents.yaml", client);
        up_ = std::make_unique<support::Program>(
            std::vector<std::string>{support::agentcron_binary(), "up", "--config", config},
            cli.options());
        REQUIRE(up_->wait_for_output("ready"));
    }

private:
    std::unique_ptr<support::Program> up_;
};

std::string enqueue(CommandLine& cli, const std::string& options) {
    return cli.database.value("select agentcron.enqueue('client', 'go', options => '" + options +
                              "')");
}

std::string status_of(CommandLine& cli, const std::string& id, const std::string& wanted) {
    auto status =
        cli.database.wait_for_value("select status from agentcron.tasks where id = " + id, wanted);
    if (status != wanted) UNSCOPED_INFO(cli.out({"logs", id}));
    return status;
}

} // namespace

TEST_CASE("the MCP server lists its tools anywhere, and says where they work", "[e2e][cli][mcp]") {
    CommandLine cli;
    const auto lines = lines_of(
        cli.out({"mcp"}, initialize() + R"({"jsonrpc":"2.0","id":2,"method":"tools/list"})" + "\n" +
                             call(3, "ask_person", R"({"question":"Well?"})")));
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].at("result").at("protocolVersion") == "2025-11-25");
    CHECK(lines[1].at("result").at("tools").as_array().size() == 3);
    CHECK(lines[2].at("result").at("isError") == true);
    CHECK_THAT(json::serialize(lines[2].at("result").at("content")),
               Contains("only inside a task of agentcron") && Contains("mcp: true"));
}

TEST_CASE("an agent asks, tells of its progress and hands in a result by MCP", "[e2e][mcp]") {
    CommandLine cli;
    cli.directory.write("progress",
                        call(2, "report_progress", R"({"message":"reading","percent":25})"));
    cli.directory.write("ask",
                        call(3, "ask_person", R"({"question":"Which?","options":["a","b"]})"));
    cli.directory.write("finish", call(4, "finish_with_result",
                                       R"({"result":{"price":1.10},"summary":"three found"})"));
    const Daemon daemon(cli, "say progress; hear 2; say ask; hear 3; say finish; hear 4; "
                             "cp out answered");
    const auto id = enqueue(cli, "{}");
    REQUIRE(status_of(cli, id, "waiting_for_input") == "waiting_for_input");
    CHECK(cli.database.wait_for_value("select progress || ' ' || progress_percent from "
                                      "agentcron.running",
                                      "reading 25") == "reading 25");
    cli.out({"answer", id, "2"});
    REQUIRE(status_of(cli, id, "succeeded") == "succeeded");
    CHECK(cli.database.value("select result::text || ' ' || summary from agentcron.tasks") ==
          "{\"price\": 1.10} three found");
    CHECK(cli.database.value("select kind || ' ' || answer from agentcron.questions") ==
          "choice b");
    CHECK(cli.database.value("select count(*) from agentcron.output where kind = 'progress'") ==
          "1");
    CHECK_THAT(cli.out({"show", id}), Contains("reading"));
}

TEST_CASE("a question asked by MCP that is parked is answered when it is asked again",
          "[e2e][mcp]") {
    CommandLine cli;
    cli.directory.write("ask", call(2, "ask_person", R"({"question":"Which?"})"));
    const Daemon daemon(cli, "say ask; hear 2; cp out answered");
    const auto id = enqueue(cli, R"({"hold":0})");
    REQUIRE(cli.database.wait_for_value("select parked from agentcron.inbox", "t") == "t");
    cli.out({"answer", id, "this"});
    REQUIRE(status_of(cli, id, "succeeded") == "succeeded");
    CHECK(cli.database.value("select run_no || '/' || attempt from agentcron.tasks") == "2/1");
    CHECK(cli.database.value("select count(*) from agentcron.questions") == "1");
}

TEST_CASE("a call that its client cancels takes its question back", "[e2e][mcp]") {
    CommandLine cli;
    cli.directory.write("ask", call(2, "ask_person", R"({"question":"Which?"})"));
    cli.directory.write("cancel", R"({"jsonrpc":"2.0","method":"notifications/cancelled",)"
                                  R"("params":{"requestId":2}})"
                                  "\n");
    const Daemon daemon(cli, "say ask; until [ -e go ]; do sleep 0.02; done; say cancel; "
                             "until [ -e end ]; do sleep 0.02; done");
    const auto id = enqueue(cli, "{}");
    REQUIRE(status_of(cli, id, "waiting_for_input") == "waiting_for_input");
    cli.directory.write("go", "");
    REQUIRE(status_of(cli, id, "running") == "running");
    CHECK(cli.database.value("select outcome from agentcron.questions") == "withdrawn");
    cli.directory.write("end", "");
    REQUIRE(status_of(cli, id, "succeeded") == "succeeded");
}

TEST_CASE("a result handed in that says no fails its task", "[e2e][mcp]") {
    CommandLine cli;
    cli.directory.write(
        "finish", call(2, "finish_with_result", R"({"summary":"no such branch","ok":false})"));
    const Daemon daemon(cli, "say finish; hear 2");
    const auto id = enqueue(cli, "{}");
    REQUIRE(status_of(cli, id, "failed") == "failed");
    CHECK(cli.database.value("select message from agentcron.tasks") == "no such branch");
}
