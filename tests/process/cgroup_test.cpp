#include "process/run_fixture.hpp"
#include "support/skip.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>

namespace agentcron::process {
namespace {

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

// Why no group can be made with these limits here; "" = one can.
std::string why_not(const Resources& resources) {
    const auto group = make_cgroup("agentcron.test." + std::to_string(::getpid()), resources);
    if (!group)
        return group.error().about + ": " + std::generic_category().message(group.error().error);
    remove_cgroup(*group);
    return "";
}

std::filesystem::path group_of(const RunFixture& run) {
    return RunDirectory::open(run.run_directory)->cgroup().value_or("");
}

constexpr Resources everything{256u << 20, 40, 1.5};

} // namespace

TEST_CASE("an agent may live in a control group, which goes with it", "[process]") {
    if (const auto reason = why_not({}); !reason.empty()) AGENTCRON_SKIP(reason);
    RunFixture run;
    LaunchSpec spec = run.shell("cat /proc/self/cgroup; sleep 1000 & read line; exit 4");
    spec.in_cgroup = true;
    spec.stdin_stays_open = true;
    run.launch(spec);
    run.until_output("\n0::");
    const auto group = group_of(run);
    run.until_output(group.filename().string());
    CHECK(std::filesystem::exists(group / "cgroup.procs"));
    // The shim stays outside: it must survive the end of all that is in there.
    CHECK(text_of(group / "cgroup.procs").find(std::to_string(run.process->shim_pid()) + "\n") ==
          std::string::npos);
    run.process->close_stdin();
    CHECK(run.finish().exit_code == 4);
    CHECK(run.exited->survivors == 0);
    CHECK_FALSE(std::filesystem::exists(group));
}

TEST_CASE("of an agent in a control group nothing survives its killed shim", "[process]") {
    if (const auto reason = why_not({}); !reason.empty()) AGENTCRON_SKIP(reason);
    RunFixture run;
    // It has left the session and cleared its environment: only the group still leads to it.
    LaunchSpec spec = run.shell("setsid env -i sh -c 'echo $$; exec sleep 1000' & wait");
    spec.in_cgroup = true;
    run.launch(spec);
    run.until_output("\n");
    const pid_t hidden = std::stoi(run.text(Stream::out));
    const auto group = group_of(run);
    CHECK(is_alive(hidden));
    REQUIRE(::kill(run.process->shim_pid(), SIGKILL) == 0);
    CHECK(run.finish().stage == "lost");
    CHECK_FALSE(is_alive(hidden));
    CHECK_FALSE(std::filesystem::exists(group));
}

TEST_CASE("a launch that fails leaves no control group", "[process]") {
    if (const auto reason = why_not({}); !reason.empty()) AGENTCRON_SKIP(reason);
    RunFixture run;
    LaunchSpec spec = run.shell("true");
    spec.in_cgroup = true;
    spec.shim = "/no/such/shim";
    CHECK_FALSE(run.try_launch(spec).has_value());
    const auto name = "agentcron." + run.root.filename().string() + ".run";
    const auto again = make_cgroup(name, {}); // fails if there is one
    REQUIRE(again.has_value());
    remove_cgroup(*again);
}

TEST_CASE("limits that cannot be kept fail the launch and say what is missing", "[process]") {
    const auto reason = why_not(everything);
    if (reason.empty()) AGENTCRON_SKIP("limits can be kept on this machine");
    RunFixture run;
    LaunchSpec spec = run.shell("true");
    spec.resources = everything;
    const auto launched = run.try_launch(spec);
    REQUIRE_FALSE(launched.has_value());
    CHECK(launched.error().stage == "cgroup");
    CHECK(launched.error().message().find("cgroup: ") == 0);
    CHECK(launched.error().message().find("need cgroup v2") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(run.run_directory));
}

TEST_CASE("an agent that takes more memory than its limit is killed for it", "[process]") {
    if (const auto reason = why_not({.memory_bytes_max = 1}); !reason.empty())
        AGENTCRON_SKIP(reason);
    RunFixture run;
    // A shell that survives its child is ended with it.
    LaunchSpec spec = run.shell("head -c 200m /dev/zero | tail -c 100m >/dev/null; echo survived");
    spec.resources.memory_bytes_max = 32u << 20;
    run.launch(spec);
    CHECK(run.finish().signal == SIGKILL);
    CHECK(run.exited->oom_kills >= 1);
    CHECK(run.text(Stream::out).empty());
}

TEST_CASE("an agent cannot start more processes than its limit", "[process]") {
    if (const auto reason = why_not({.pids_max = 1}); !reason.empty()) AGENTCRON_SKIP(reason);
    RunFixture run;
    LaunchSpec spec = run.shell("for i in 1 2 3 4 5 6 7 8 9; do sleep 1000 & done; echo all");
    spec.resources.pids_max = 4;
    run.launch(spec);
    run.finish();
    CHECK(run.text(Stream::out).empty());
}

} // namespace agentcron::process
