// The service's unit and its installer, as far as they can be checked without installing anything.
#include "support/catch.hpp"
#include "support/skip.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>

namespace fs = std::filesystem;

namespace {

const fs::path top = AGENTCRON_SOURCE_DIR;

struct Ran {
    int exit_code = -1;
    std::string output; // both streams
};

// `command` is a shell line; the paths in it are quoted by the caller.
Ran run(const std::string& command) {
    Ran ran;
    FILE* pipe = ::popen((command + " 2>&1 </dev/null").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> buffer{};
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
        ran.output.append(buffer.data(), count);
    const int status = ::pclose(pipe);
    if (WIFEXITED(status)) ran.exit_code = WEXITSTATUS(status);
    return ran;
}

std::string quoted(const fs::path& path) {
    return "'" + path.string() + "'";
}

void write_executable(const fs::path& path) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "#!/bin/sh\n";
    fs::permissions(path, fs::perms::owner_all);
}

// A root file system with just what the unit refers to, removed at the end.
class StagedRoot {
public:
    StagedRoot() {
        std::string pattern = (fs::temp_directory_path() / "agentcron-unit-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
        write_executable(path_ / "usr/local/bin/agentcron");
        for (const char* tool : {"chown", "sh"}) write_executable(path_ / "bin" / tool);
        fs::create_directories(path_ / "usr/lib/systemd/system");
        for (const char* target :
             {"sysinit", "basic", "shutdown", "multi-user", "network-online", "umount"})
            std::ofstream(path_ / "usr/lib/systemd/system" / (std::string(target) + ".target"))
                << "[Unit]\nDescription=stands in for the real one\nDefaultDependencies=no\n";
        const fs::path units = path_ / "etc/systemd/system";
        fs::create_directories(units);
        for (const char* unit : {"agentcron.service", "agentcron-agents.service"})
            fs::copy(top / "systemd" / unit, units);
    }
    ~StagedRoot() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    StagedRoot(const StagedRoot&) = delete;
    StagedRoot& operator=(const StagedRoot&) = delete;

    const fs::path& path() const { return path_; }

    Ran verify() const {
        return run("systemd-analyze verify --man=no --root=" + quoted(path_) +
                   " agentcron.service agentcron-agents.service");
    }

private:
    fs::path path_;
};

bool has_systemd_analyze() {
    return run("command -v systemd-analyze").exit_code == 0;
}

} // namespace

TEST_CASE("systemd finds nothing wrong with the service", "[tidy][systemd]") {
    if (!has_systemd_analyze()) AGENTCRON_SKIP("systemd-analyze is not installed");
    const Ran ran = StagedRoot().verify();
    INFO(ran.output);
    CHECK(ran.exit_code == 0);
    CHECK(ran.output.empty());
}

TEST_CASE("systemd finds nothing wrong with the hardened drop-in", "[tidy][systemd]") {
    if (!has_systemd_analyze()) AGENTCRON_SKIP("systemd-analyze is not installed");
    const StagedRoot root;
    const fs::path drop_ins = root.path() / "etc/systemd/system/agentcron.service.d";
    fs::create_directories(drop_ins);
    fs::copy(top / "systemd/hardened.conf", drop_ins);
    CHECK(root.verify().output.empty());

    std::ofstream(drop_ins / "hardened.conf", std::ios::app) << "NoNewPriviliges=yes\n";
    CHECK_FALSE(root.verify().output.empty()); // so the drop-in is read, and errors are seen
}

TEST_CASE("a dry run of the installer changes nothing and shows every step", "[tidy][systemd]") {
    const Ran ran = run(quoted(top / "systemd/install") + " --dry-run");
    INFO(ran.output);
    CHECK(ran.exit_code == 0);
    for (const char* step :
         {"cmake --install", "agentcron.service", "agentcron-agents.service", "/etc/agentcron"})
        CHECK(ran.output.find(step) != std::string::npos);
}

TEST_CASE("scripts explain themselves and refuse what they do not know", "[tidy]") {
    for (const char* script : {"systemd/install", "tests/run", "tests/chaos/run",
                               "tests/systemd/run", "schedules/quickstart"}) {
        INFO(script);
        const Ran help = run(quoted(top / script) + " --help");
        CHECK(help.exit_code == 0);
        CHECK(help.output.starts_with("Usage:"));
        CHECK(run(quoted(top / script) + " --no-such-option").exit_code == 2);
    }
}
