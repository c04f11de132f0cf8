// An agent as declared: how its subprocess is started and which protocol it speaks. Values only.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentcron::agent {

// A git worktree for each task instead of a directory for all.
struct GitWorkspace {
    enum class Keep { on_failure, always, never };
    std::string repo;                         // absolute
    std::string base = "HEAD";                // a branch, also a remote's, a tag or a commit
    std::string branch = "agent/{{task_id}}"; // a template: task/prompt.hpp
    Keep keep = Keep::on_failure;
    std::vector<std::string> archive; // argv, run in it before it is removed; empty = none
};

std::string_view name(GitWorkspace::Keep);
std::optional<GitWorkspace::Keep> keep_from(std::string_view name);

struct Profile {
    // What happens to output beyond output_bytes_max: the agent is ended, or, with driver command,
    // only the beginning and the end of what it writes are kept, or it waits while so much is not
    // stored yet.
    enum class WhenFull { kill, drop_middle, block };
    std::string name;
    std::string driver;               // a name that make_driver knows
    std::vector<std::string> command; // argv, never a shell line; not empty
    // Set for the agent. Stored in the database with the rest: secrets belong into env_file.
    std::vector<std::pair<std::string, std::string>> env;
    std::vector<std::string> pass_env; // names taken over from the daemon's environment
    std::string env_file;              // NAME=value lines, read at each start; "" = none
    std::string workspace_dir;         // absolute; the working directory; "" = the daemon's home
    std::optional<GitWorkspace> git;   // then workspace_dir counts for nothing
    std::vector<std::string> setup;    // argv, run there before the agent; empty = none
    // Of driver claude: tools that a person is always asked about first, also where a rule allows
    // them; such a question can be parked without repeating model work. "mcp__jira__*" names all
    // that begin so.
    std::vector<std::string> ask_before;
    std::uint64_t output_bytes_max = 256ull << 20;
    WhenFull when_full = WhenFull::kill;
    // What it and all that it starts may use together; 0, nullopt: any amount.
    std::uint64_t memory_bytes_max = 0;
    std::uint64_t pids_max = 0;
    std::optional<double> cpus_max;
    base::Seconds grace{5}; // from SIGTERM to SIGKILL
    bool mcp = false;       // it gets agentcron's own MCP server; drivers claude, codex, acp
    // A process is started so long before a fire time, and waits for its task; 0: at the fire time.
    base::Seconds prewarm{0};
    // One process serves one task after another. It is ended after so many (0: any number), when it
    // takes more memory than this (0: any), or when it had nothing to do for `idle`.
    bool persistent = false;
    int recycle_requests = 0;
    std::uint64_t recycle_memory_bytes = 0;
    base::Seconds idle{600};
    // Most attempts at once over all workers; nullopt: any number. A column of its own, not part of
    // agents.config.
    std::optional<int> max_concurrent;
};

std::string_view name(Profile::WhenFull);
std::optional<Profile::WhenFull> when_full_from(std::string_view name);
// Why it cannot be so; "" = it can.
std::string why_not_when_full(const Profile& profile);

inline constexpr int pids_max_max = 4'194'304; // Linux has no more
inline constexpr int cpus_max_max = 10'000;
inline constexpr int max_concurrent_max = 10'000;
inline constexpr base::Seconds prewarm_max{3600};
inline constexpr int recycle_requests_max = 1'000'000'000;

// The jsonb of agents.config; everything but name, driver and max_concurrent:
// {"command":[...],"env":{...},"pass_env":[...],"env_file":"...","workspace":{"dir":"...",
//  "git":"...","base":"...","branch":"...","keep":"...","archive":[...],"setup":[...]},
//  "limits":{"output":bytes,"when_full":"...","memory":bytes,"pids":n,"cpu":1.5},
//  "grace":seconds,"ask_before":[...],"mcp":bool,"prewarm":seconds,"persistent":bool,
//  "recycle":{"requests":n (absent: any),"memory":bytes},"idle":seconds}.
std::string config_to_json(const Profile& profile);
// Absent members take their defaults; "command" must be there. The error names the member.
base::Result<Profile, std::string> profile_from_json(std::string_view name, std::string_view driver,
                                                     std::string_view config_json);

// A name of a tool in ask_before: letters, digits, '_' and '-', perhaps with a '*' at its end.
bool is_tool_pattern(std::string_view name);

// Why no process of the agent can be started before its task is known; "" = one can.
std::string why_not_ahead(const Profile& profile);

// Why no process of the agent can serve more than one task; "" = one can.
std::string why_not_persistent(const Profile& profile);

// What a variable of the environment may be called: [A-Za-z_][A-Za-z0-9_]*.
bool is_variable_name(std::string_view name);

} // namespace agentcron::agent
