#include "cli/doctor_machine.hpp"

#include "base/disk_room.hpp"

#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace agentcron::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t bytes_low = 1ull << 30, bytes_least = 128ull << 20;
constexpr std::uint64_t inodes_low = 10'000, inodes_least = 500;
constexpr unsigned private_mode = 0700;

base::Finding judge_room(const StateFacts& facts) {
    const auto detail = fmt::format(
        "{} free{}", bytes_text(facts.free_bytes),
        facts.free_inodes ? fmt::format(", room for {} files", *facts.free_inodes) : "");
    const auto below = [&](std::uint64_t bytes, std::uint64_t inodes) {
        return facts.free_bytes < bytes || (facts.free_inodes && *facts.free_inodes < inodes);
    };
    if (!below(bytes_low, inodes_low)) return {"disk", State::ok, detail, ""};
    return {"disk", below(bytes_least, inodes_least) ? State::failed : State::warning, detail,
            "Make room below " + facts.path +
                ": `agentcron workspaces clean`, old logs; a full disk makes agents wait"};
}

} // namespace

StateFacts look_at_state(const fs::path& state) {
    StateFacts facts{.path = state.string()};
    struct stat info {};
    if (::stat(state.c_str(), &info) != 0) return facts;
    facts.exists = true;
    facts.is_writable = ::access(state.c_str(), W_OK | X_OK) == 0;
    facts.others_write = (info.st_mode & 0022) != 0 && (info.st_mode & S_ISVTX) == 0;
    if (const auto room = base::disk_room(state)) {
        facts.free_bytes = room->bytes;
        facts.free_inodes = room->files;
        facts.is_read_only = room->is_read_only;
    }
    if (::stat((state / "runs").c_str(), &info) == 0) facts.runs_mode = info.st_mode & 07777;
    return facts;
}

Findings judge_state(const StateFacts& facts) {
    if (!facts.exists)
        return {{"state", State::unknown,
                 facts.path + " does not exist: no worker has run here as this user",
                 "Run doctor as the worker's user and with its AGENTCRON_STATE_DIR"}};
    Findings findings;
    if (facts.is_read_only)
        findings.push_back({"state", State::failed, facts.path + " lies on a read-only disk",
                            "See in the kernel's log (dmesg) why, and mount it writable; until "
                            "then tasks wait"});
    else if (!facts.is_writable)
        findings.push_back({"state", State::failed, facts.path + " cannot be written",
                            "Run doctor as the worker's user; if it is that, chown the directory"});
    if (facts.others_write)
        findings.push_back({"state", State::failed, "others may write in " + facts.path,
                            "chmod 0700 " + facts.path});
    if (facts.runs_mode && (*facts.runs_mode & 0777) != private_mode)
        findings.push_back(
            {"state", State::failed,
             fmt::format("{}/runs has the mode {:04o}, others may see what agents "
                         "write",
                         facts.path, *facts.runs_mode),
             fmt::format("chmod 0700 {}/runs; agentcron doctor --fix does it", facts.path)});
    if (findings.empty())
        findings.push_back({"state", State::ok, facts.path + " can be written", ""});
    findings.push_back(judge_room(facts));
    return findings;
}

bool close_runs(const fs::path& state) {
    std::error_code error;
    fs::permissions(state / "runs", fs::perms::owner_all, error);
    return !error;
}

} // namespace agentcron::cli
