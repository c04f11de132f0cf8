// The engine and a git repository whose agents work in worktrees.
#pragma once

#include "integration/engine/engine_run.hpp"

#include <string>

namespace agentcron::engine {

class WorkspaceRun : public EngineRun {
public:
    // A repository with one commit on main, in `directory`/repo.
    WorkspaceRun();

    // Runs git in the repository and requires that it succeeds; gives what it says.
    std::string git(const std::string& arguments) const;
    std::string repo() const { return (directory / "repo").string(); }
    // An agent of driver command with a worktree; `more` continues the members of its workspace,
    // such as R"(,"keep":"always")".
    void worktree_agent(const std::string& script, const std::string& more = "");
    // Of the task's worktree, as stored.
    std::string workspace(std::int64_t task, const std::string& column);
    std::filesystem::path path_of(std::int64_t task);
    // Has clean_workspaces do it and waits until it is done; gives the state.
    std::string clean(std::int64_t task, bool force = false);
    void until_settled(std::int64_t task);
};

} // namespace agentcron::engine
