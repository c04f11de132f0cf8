#include "process/spec_view.hpp"
#include "process/spec_writer.hpp"
#include "process/wire.hpp"

#include "support/catch.hpp"

#include <cerrno>
#include <cstring>

namespace agentcron::process {
namespace {

const RunVariables run_variables{"secret", "/run/sock"};

std::string written(const LaunchSpec& spec) {
    const auto bytes = write_spec(spec, run_variables);
    REQUIRE(bytes.has_value());
    return *bytes;
}

LaunchSpec example() {
    LaunchSpec spec;
    spec.argv = {"prog", "", "a b\n\"c\""};
    spec.env = {"A=1", "EMPTY="};
    spec.working_directory = "/some where";
    spec.stdin_bytes = "prompt";
    spec.stdin_stays_open = true;
    spec.deadline = base::Seconds(90);
    spec.grace = base::Millis(1500);
    spec.output_bytes_max = 12345;
    spec.when_full = WhenFull::drop_middle;
    return spec;
}

// Reads `bytes` as the shim does; the errno, or 0 with the view filled in.
int read_whole(std::string& bytes, SpecView& view) {
    wire::SpecHeader header;
    const int wrong = read_spec_header(bytes.data(), bytes.size(), header);
    if (wrong != 0) return wrong;
    if (bytes.size() < header.header_bytes + header.strings_bytes) return EINVAL;
    return read_spec_strings(bytes.data() + header.header_bytes, header, view);
}

} // namespace

TEST_CASE("a spec comes back as it was written", "[unit][process]") {
    std::string bytes = written(example());
    SpecView view;
    REQUIRE(read_whole(bytes, view) == 0);
    CHECK(view.header.deadline_ms == 90'000);
    CHECK(view.header.grace_ms == 1500);
    CHECK(view.header.output_bytes_max == 12345);
    CHECK(view.header.when_full == 1);
    CHECK(view.header.in_cgroup == 0);
    CHECK(view.header.stdin_stays_open == 1);
    CHECK(view.header.stdin_bytes == 6);
    CHECK(std::string(view.working_directory) == "/some where");
    CHECK(std::string(view.ask_token) == "secret");
    std::vector<std::string> strings;
    char* at = view.first_argument;
    for (std::uint32_t i = 0; i < view.header.argument_count; ++i, at = next_string(at))
        strings.emplace_back(at);
    CHECK(strings == example().argv);
    CHECK(at == view.first_variable);
    strings.clear();
    for (std::uint32_t i = 0; i < view.header.environment_count; ++i, at = next_string(at))
        strings.emplace_back(at);
    CHECK(strings == std::vector<std::string>{"A=1", "EMPTY=", "AGENTCRON_EVENTS_FD=3",
                                              "AGENTCRON_SOCKET=/run/sock",
                                              "AGENTCRON_ASK_TOKEN=secret"});
}

TEST_CASE("a spec that is cut off anywhere is refused", "[unit][process]") {
    const std::string whole = written(example());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        std::string cut = whole.substr(0, size);
        SpecView view;
        CHECK(read_whole(cut, view) == EINVAL);
    }
}

TEST_CASE("strings that do not add up are refused", "[unit][process]") {
    const auto with = [](auto change) {
        std::string bytes = written(example());
        wire::SpecHeader header;
        std::memcpy(&header, bytes.data(), sizeof header);
        change(header);
        std::memcpy(bytes.data(), &header, sizeof header);
        SpecView view;
        return read_whole(bytes, view);
    };
    CHECK(with([](wire::SpecHeader&) {}) == 0);
    CHECK(with([](wire::SpecHeader& h) { h.argument_count = 0; }) == EINVAL);
    CHECK(with([](wire::SpecHeader& h) { h.argument_count += 1; }) == EINVAL);
    CHECK(with([](wire::SpecHeader& h) { h.argument_count = ~0U; }) == EINVAL);
    CHECK(with([](wire::SpecHeader& h) { h.environment_count -= 1; }) == EINVAL);
    CHECK(with([](wire::SpecHeader& h) { h.strings_bytes -= 1; }) == EINVAL);
    CHECK(with([](wire::SpecHeader& h) { h.strings_bytes = ~0ULL; }) == EINVAL);
    CHECK(with([](wire::SpecHeader& h) { h.header_bytes = 1000; }) == EINVAL);
    CHECK(with([](wire::SpecHeader& h) { h.magic[0] = 'X'; }) == EINVAL);
    CHECK(with([](wire::SpecHeader& h) { h.version = wire::protocol_version + 1; }) == EPROTO);
    CHECK(with([](wire::SpecHeader& h) { h.version = 0; }) == EPROTO);
}

TEST_CASE("fields that an older launcher did not write are zero", "[unit][process]") {
    wire::SpecHeader old{};
    std::memcpy(old.magic, wire::spec_magic, sizeof old.magic);
    old.version = 1;
    old.header_bytes = offsetof(wire::SpecHeader, strings_bytes);
    old.argument_count = 1;
    old.strings_bytes = old.stdin_bytes = 77; // bytes that stand behind its shorter header
    wire::SpecHeader read{};
    CHECK(read_spec_header(&old, sizeof old, read) == 0);
    CHECK(read.argument_count == 1);
    CHECK(read.strings_bytes == 0);
    CHECK(read.stdin_bytes == 0);
}

TEST_CASE("what no program can be given cannot be written", "[unit][process]") {
    LaunchSpec spec = example();
    spec.argv.clear();
    CHECK_FALSE(write_spec(spec, run_variables).has_value());
    spec = example();
    spec.env.push_back(std::string("A=\0", 3));
    CHECK_FALSE(write_spec(spec, run_variables).has_value());
    spec = example();
    spec.argv.push_back(std::string(wire::strings_bytes_max, 'x'));
    CHECK_FALSE(write_spec(spec, run_variables).has_value());
}

} // namespace agentcron::process
