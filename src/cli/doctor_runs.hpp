// The run directories of this machine as doctor sees them: whose worker is dead, in which of those
// an agent lives, which nobody needs any more.
#pragma once

#include "base/unique_fd.hpp"
#include "cli/doctor_facts.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::cli {

// What the name of a run directory says: "42.1.<token>", "42.1.<token>.check" or "ahead.3".
struct RunName {
    std::int64_t task_id = 0;
    std::int64_t run_no = 0;
    bool is_check = false;
    bool is_ahead = false; // started before there was a task for it
};
std::optional<RunName> run_name_from(std::string_view name);

struct Run {
    std::filesystem::path directory;
    std::optional<RunName> name; // nullopt: none of agentcron's
    std::int64_t living_pid = 0; // of its shim, or of an agent that lost it; 0 = nobody lives
    std::uint64_t spool_bytes = 0;
    bool had_task = false; // the next start of a worker records how it went
};

struct LookAtRuns {
    std::int64_t living = 0;            // run directories of living workers
    std::vector<Run> left{};            // ... of dead ones
    std::vector<base::UniqueFd> held{}; // their workers' locks: no worker that starts meddles
    std::string error{};                // "" = all could be read
};

// A worker is dead if its lock is free. A directory in which something was made just now is taken
// for a living one's: its worker may be about to lock it. With keep_locks the directories of the
// dead stay locked until `held` goes.
LookAtRuns look_at_runs(const std::filesystem::path& runs, bool keep_locks);

// What the database has of a run.
struct KnownRun {
    bool has_ended = false;         // its task
    std::uint64_t stored_bytes = 0; // of its spool
};

// Pure. Nobody lives in it, its task is over, and all that it wrote is in the database.
bool may_be_removed(const Run& run, const std::optional<KnownRun>& known);
// Pure. `removable`: how many of look.left may_be_removed says.
Findings judge_runs(const LookAtRuns& look, std::int64_t removable);

// Removes the directory, and its worker's if that has become empty.
bool remove_run(const Run& run);

} // namespace agentcron::cli
