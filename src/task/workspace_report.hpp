// What the scripts that make and settle worktrees (engine/scripts) tell on descriptor 3, and what
// it means. Pure.
#pragma once

#include "task/workspace_store.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace agentcron::task {

struct WorkspaceReport {
    std::string base_commit;
    bool made_branch = false;
    std::string warning;
    std::optional<std::uint64_t> bytes{};
    std::optional<std::int64_t> dirty{};
    std::optional<std::int64_t> unpushed{};
    bool removed = false;
    std::string kept; // why, where the script says
};

// A word and what belongs to it in each line; other lines are ignored.
WorkspaceReport report_from(std::string_view lines);

// What became of one that was settled. `failure`: how the script failed, "" = it did not.
SettledWorkspace settled_from(const WorkspaceReport& report, const EndedWorkspace& ended,
                              const std::string& failure);

} // namespace agentcron::task
