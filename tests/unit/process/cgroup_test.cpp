#include "process/cgroup.hpp"

#include "support/catch.hpp"

namespace agentcron::process {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

Settings files(const Resources& resources) {
    Settings files;
    for (const auto& setting : settings_of(resources)) {
        CHECK(setting.file.starts_with(setting.controller + "."));
        files.emplace_back(setting.file, setting.value);
    }
    return files;
}

constexpr const char* hybrid =
    "24 30 0:22 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n"
    "25 24 0:23 / /sys/fs/cgroup/unified rw,nosuid shared:5 - cgroup2 cgroup2 rw\n"
    "26 24 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";

} // namespace

TEST_CASE("limits become files of a control group", "[unit][process]") {
    CHECK(files({}).empty());
    CHECK_FALSE(Resources{}.any());
    CHECK(files({.memory_bytes_max = 2ull << 30}) ==
          Settings{{"memory.max", "2147483648"}, {"memory.oom.group", "1"}});
    CHECK(files({.pids_max = 500}) == Settings{{"pids.max", "500"}});
    CHECK(files({.cpus_max = 1.5}) == Settings{{"cpu.max", "150000 100000"}});
    // Less than the kernel takes.
    CHECK(files({.cpus_max = 0.0001}) == Settings{{"cpu.max", "1000 100000"}});
}

TEST_CASE("a process's control group is found where cgroup2 is mounted", "[unit][process]") {
    const std::string memberships = "4:memory:/elsewhere\n0::/system.slice/agentcron.service\n";
    CHECK(cgroup_directory(memberships, "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n") ==
          "/sys/fs/cgroup/system.slice/agentcron.service");
    CHECK(cgroup_directory("0::/\n", hybrid) == "/sys/fs/cgroup/unified");
    // In a container that sees a part of the tree only.
    CHECK(cgroup_directory("0::/pod/one\n",
                           "30 1 0:26 /pod /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n") ==
          "/sys/fs/cgroup/one");
    CHECK_FALSE(cgroup_directory("4:memory:/elsewhere\n", hybrid));
    CHECK_FALSE(cgroup_directory("0::/\n", "26 24 0:24 / /a rw - cgroup cgroup rw,memory\n"));
    CHECK_FALSE(cgroup_directory("", ""));
}

TEST_CASE("runs have their groups where that was named, else beside the daemon's",
          "[unit][process]") {
    const std::filesystem::path service = "/sys/fs/cgroup/system.slice/agentcron.service";
    CHECK(parent_of_runs(nullptr, service / "agentcron") == service);
    CHECK(parent_of_runs("", std::filesystem::path("/sys/fs/cgroup/user.slice")) ==
          "/sys/fs/cgroup/user.slice");
    CHECK(parent_of_runs("/sys/fs/cgroup/for-agents", service) == "/sys/fs/cgroup/for-agents");
    CHECK_FALSE(parent_of_runs(nullptr, std::nullopt));
}

} // namespace agentcron::process
