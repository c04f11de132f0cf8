// What agents of every driver write, from their pipe to `logs --raw`.
#include "e2e/cli_fixture.hpp"

using agentcron::e2e::CommandLine;
namespace support = agentcron::support;

namespace {

// Lines of every protocol and of none, with what a line may not have.
std::string all_kinds_of_lines() {
    using namespace std::string_literals;
    return "{\"type\":\"of tomorrow\",\"session_id\":\"s\"}\n"
           "  {\"type\": \"text\",  \"text\": \"hi\"}  \r\n"
           "{\"jsonrpc\":\"2.0\",\"method\":\"of/tomorrow\"}\n\r\n\n"
           "{\"type\":\"item.of_tomorrow\",\"item\":7}\n{broken\n[1]\nplain\r\n\0{}\xff\xfe\n"s +
           std::string(5u << 20, 'x') + "\n{\"type\":\"tool\",\"session_id\":\"" +
           std::string(5u << 20, 'y') + "\"}\n{\"type\":\"tool\",\"name\":\"no end\"}";
}

struct Writer {
    const char* name;
    const char* driver;
    const char* more; // of its command
};
constexpr Writer writers[] = {{"command", "command", ""},  {"jsonl", "jsonl", ""},
                              {"claude", "claude", ""},    {"codex", "codex", ""},
                              {"exec", "codex", ", exec"}, {"acp", "acp", ""}};

} // namespace

TEST_CASE("every line is stored, and given back by logs --raw, byte for byte",
          "[e2e][cli][daemon]") {
    CommandLine cli;
    const auto written = all_kinds_of_lines();
    const auto file = cli.directory.write("lines", written).string();
    std::string yaml = "agents:\n";
    for (const auto& writer : writers)
        yaml += std::string("  ") + writer.name + ": {driver: " + writer.driver +
                ", command: [sh, -c, 'cat " + file + "; cat " + file + " >&2', sh" + writer.more +
                "]}\n";
    const auto config = cli.directory.write("agents.yaml", yaml);
    support::Program up({support::agentcron_binary(), "up", "--config", config}, cli.options());
    REQUIRE(up.wait_for_output("ready"));
    for (const auto& writer : writers) {
        CAPTURE(writer.name);
        auto id = cli.out({"trigger", "--agent", writer.name, "--prompt", "x"});
        id.pop_back();
        REQUIRE(cli.database.wait_for_value(
                    "select finished_at is not null from agentcron.tasks where id = " + id, "t") ==
                "t");
        const auto raw = cli.run({"logs", id, "--raw"});
        CHECK(raw.exit_code == 0);
        CHECK((raw.out == written));
        CHECK((raw.err == written));
    }
}
