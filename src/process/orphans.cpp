#include "process/orphans.hpp"

#include "base/read_file.hpp"
#include "process/wire.hpp"

#include <charconv>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agentcron::process {
namespace {

// A killed process is gone from the list within a pass or two; more passes are for those that fork
// meanwhile. Bounded, for this runs on the loop thread.
constexpr int passes_max = 32;

struct Directory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

std::vector<pid_t> all_pids() {
    std::vector<pid_t> pids;
    const std::unique_ptr<DIR, Directory> proc(::opendir("/proc"));
    if (!proc) return pids;
    while (const dirent* entry = ::readdir(proc.get())) {
        pid_t pid = 0;
        const char* end = entry->d_name + std::strlen(entry->d_name);
        const auto [last, error] = std::from_chars(entry->d_name, end, pid);
        if (error == std::errc() && last == end) pids.push_back(pid);
    }
    return pids;
}

std::string file_of(pid_t pid, const char* name) {
    return base::read_file("/proc/" + std::to_string(pid) + "/" + name).value_or("");
}

// Field 6 of /proc/PID/stat; nullopt for a zombie, which needs no killing.
std::optional<pid_t> session_of(pid_t pid) {
    const std::string stat = file_of(pid, "stat");
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos || stat.size() < name_end + 3) return std::nullopt;
    const char* fields = stat.c_str() + name_end + 2;
    char state = 0;
    pid_t parent = 0, group = 0, session = 0;
    if (std::sscanf(fields, "%c %d %d %d", &state, &parent, &group, &session) != 4 || state == 'Z')
        return std::nullopt;
    return session;
}

class Search {
public:
    explicit Search(const RunDirectory& directory)
        : variable_('\0' + std::string(wire::socket_variable) + "=" +
                    (directory.path() / wire::socket_file).string() + '\0') {
        char boot_id[40];
        read_boot_id(boot_id);
        const auto meta = directory.read_meta();
        if (!meta || std::strcmp(meta->boot_id, boot_id) != 0) return;
        // Once the agent is gone its number may be another's, and then only the environment tells.
        const std::uint64_t start = start_ticks_of(meta->agent_pid);
        if (start != 0 && start == meta->agent_start_ticks)
            session_ = static_cast<pid_t>(meta->agent_pid);
    }

    bool matches(pid_t pid) const {
        if (pid == ::getpid() || pid <= 1) return false;
        const auto session = session_of(pid);
        if (!session) return false;
        if (session_ != 0 && *session == session_) return true;
        const std::string environment = '\0' + file_of(pid, "environ");
        return environment.find(variable_) != std::string::npos;
    }

private:
    std::string variable_;
    pid_t session_ = 0;
};

} // namespace

void kill_orphans(const RunDirectory& directory) {
    const Search search(directory);
    for (int pass = 0; pass < passes_max; ++pass) {
        bool found = false;
        for (const pid_t pid : all_pids()) {
            if (!search.matches(pid)) continue;
            found = true;
            ::kill(pid, SIGKILL);
        }
        if (!found) return;
    }
}

} // namespace agentcron::process
