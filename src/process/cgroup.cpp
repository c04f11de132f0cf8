#include "process/cgroup.hpp"

#include "base/read_file.hpp"
#include "base/unique_fd.hpp"

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace agentcron::process {
namespace fs = std::filesystem;
namespace {

// Below the group that was delegated: here the daemon lives, and beside it the runs.
constexpr const char* daemon_group = "agentcron";
constexpr int cpu_period_micros = 100'000;
constexpr std::chrono::seconds kill_wait_max{1};

std::string text_of(const fs::path& path) {
    return base::read_file(path).value_or("");
}

// 0 or errno.
int write_file(const fs::path& path, const std::string& text) {
    const base::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) return errno;
    return ::write(fd.get(), text.data(), text.size()) < 0 ? errno : 0;
}

// Takes the next word off, up to a character of `ends`, and that character.
std::string_view take_word(std::string_view& text, char end) {
    const auto size = std::min(text.find(end), text.size());
    const auto word = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    return word;
}

bool has_word(std::string_view words, std::string_view wanted) {
    while (!words.empty()) {
        auto line = take_word(words, '\n');
        while (!line.empty())
            if (take_word(line, ' ') == wanted) return true;
    }
    return false;
}

const char* named_cgroup() {
    return std::getenv("AGENTCRON_CGROUP");
}

std::optional<fs::path> own_cgroup() {
    return cgroup_directory(text_of("/proc/self/cgroup"), text_of("/proc/self/mountinfo"));
}

bool is_delegated(const fs::path& cgroup) {
    char value[8];
    for (const char* name : {"user.delegate", "trusted.delegate"})
        if (::getxattr(cgroup.c_str(), name, value, sizeof value) > 0 && value[0] == '1')
            return true;
    return false;
}

std::optional<CgroupError> enable(const fs::path& parent, const std::string& controller) {
    const auto enabled = parent / "cgroup.subtree_control";
    if (has_word(text_of(enabled), controller)) return std::nullopt;
    if (!has_word(text_of(parent / "cgroup.controllers"), controller))
        return CgroupError{EOPNOTSUPP,
                           fmt::format("{} has no controller {}", parent.string(), controller)};
    if (const int error = write_file(enabled, "+" + controller); error != 0)
        return CgroupError{error, enabled.string()};
    return std::nullopt;
}

} // namespace

std::vector<CgroupSetting> settings_of(const Resources& resources) {
    std::vector<CgroupSetting> settings;
    if (resources.memory_bytes_max != 0) {
        settings.push_back({"memory", "memory.max", std::to_string(resources.memory_bytes_max)});
        // All of it or none: half an agent would only fail in a stranger way.
        settings.push_back({"memory", "memory.oom.group", "1"});
    }
    if (resources.pids_max != 0)
        settings.push_back({"pids", "pids.max", std::to_string(resources.pids_max)});
    if (resources.cpus_max != 0) {
        const auto quota = std::max<long long>(
            1000, std::llround(resources.cpus_max * cpu_period_micros)); // the kernel's least
        settings.push_back({"cpu", "cpu.max", fmt::format("{} {}", quota, cpu_period_micros)});
    }
    return settings;
}

std::optional<fs::path> cgroup_directory(std::string_view cgroup, std::string_view mountinfo) {
    std::optional<std::string> group;
    while (!cgroup.empty()) {
        auto line = take_word(cgroup, '\n');
        if (line.starts_with("0::/")) group = std::string(line.substr(3));
    }
    while (group && !mountinfo.empty()) {
        auto line = take_word(mountinfo, '\n');
        const auto type = line.find(" - ");
        if (type == std::string_view::npos || !line.substr(type).starts_with(" - cgroup2 "))
            continue;
        for (int field = 0; field < 3; ++field) take_word(line, ' ');
        const auto root = take_word(line, ' ');
        const auto mount = take_word(line, ' ');
        std::string_view below = *group;
        if (root != "/" && below.starts_with(root)) below.remove_prefix(root.size());
        while (below.starts_with('/')) below.remove_prefix(1);
        return below.empty() ? fs::path(mount) : fs::path(mount) / below;
    }
    return std::nullopt;
}

std::optional<fs::path> parent_of_runs(const char* named, const std::optional<fs::path>& own) {
    if (named && *named) return named;
    return own && own->filename() == daemon_group ? own->parent_path() : own;
}

void enter_daemon_cgroup() {
    const auto own = own_cgroup();
    if (named_cgroup() || !own || !is_delegated(*own)) return;
    const auto group = *own / daemon_group;
    int error = ::mkdir(group.c_str(), 0755) == 0 || errno == EEXIST ? 0 : errno;
    if (error == 0) error = write_file(group / "cgroup.procs", std::to_string(::getpid()));
    if (error != 0)
        spdlog::warn("cannot move into {}, so agents with limits will not start: {}",
                     group.string(), std::strerror(error));
}

base::Result<fs::path, CgroupError> make_cgroup(const std::string& name,
                                                const Resources& resources) {
    const auto parent = parent_of_runs(named_cgroup(), own_cgroup());
    if (!parent) return CgroupError{EOPNOTSUPP, "no cgroup2 is mounted"};
    if (::access(parent->c_str(), F_OK) != 0) return CgroupError{errno, parent->string()};
    const auto settings = settings_of(resources);
    for (const auto& setting : settings)
        if (auto failed = enable(*parent, setting.controller)) return *failed;
    const auto group = *parent / name;
    if (::mkdir(group.c_str(), 0755) != 0) return CgroupError{errno, group.string()};
    for (const auto& setting : settings) {
        const int error = write_file(group / setting.file, setting.value);
        if (error == 0) continue;
        remove_cgroup(group);
        return CgroupError{error, (group / setting.file).string()};
    }
    return group;
}

void kill_cgroup(const fs::path& cgroup) {
    if (write_file(cgroup / "cgroup.kill", "1") != 0) return;
    const base::UniqueFd events(::open((cgroup / "cgroup.events").c_str(), O_RDONLY | O_CLOEXEC));
    const auto limit = std::chrono::steady_clock::now() + kill_wait_max;
    char text[256];
    for (ssize_t size = 0; (size = ::pread(events.get(), text, sizeof text, 0)) > 0;) {
        const std::string_view now(text, static_cast<std::size_t>(size));
        if (now.find("populated 0") != std::string_view::npos) return;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            limit - std::chrono::steady_clock::now());
        pollfd changed{events.get(), POLLPRI, 0};
        if (left.count() <= 0 || ::poll(&changed, 1, static_cast<int>(left.count())) <= 0) return;
    }
}

void remove_cgroup(const fs::path& cgroup) {
    ::rmdir(cgroup.c_str());
}

} // namespace agentcron::process
