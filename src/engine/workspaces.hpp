// The git worktrees of this machine. Each belongs to one task at a time, whose attempts make or
// find it (workspace_step) and leave it when they end. Whatever ended the task, here or elsewhere,
// its worktree is settled here: removed where its policy says so and nothing would be lost, kept
// otherwise, with the reason on record. One is settled at a time, by a script
// (scripts/workspace_settle.sh) that runs through a shim; a crash leaves the row `settling`, and
// the next worker of this machine does it again. Owned by the worker; loop thread only.
#pragma once

#include "engine/hook.hpp"
#include "engine/launch_plan.hpp"
#include "task/workspace_store.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace agentcron::engine {

class Workspaces {
public:
    Workspaces(boost::asio::io_context& loop, task::WorkspaceStore& store,
               const LaunchSettings& settings);

    // A hint that a task which had one may have ended, or that a person wants some cleaned.
    void look();
    // Called once all that have ended are settled.
    void when_settled(std::function<void()> then);
    // No more is settled; what is under way is ended first.
    void stop(std::function<void()> stopped);
    void kill();

    task::WorkspaceStore& store() { return store_; }

private:
    void settle(task::EndedWorkspace ended);
    void proceed();
    void idle();
    process::LaunchSpec launch_of(const task::EndedWorkspace& ended) const;

    boost::asio::io_context& loop_;
    task::WorkspaceStore& store_;
    const LaunchSettings& settings_;
    bool looking_ = false;
    bool look_again_ = false;
    std::optional<task::EndedWorkspace> ended_;
    std::shared_ptr<Hook> hook_;
    std::string told_;
    std::vector<std::function<void()>> waiting_;
    std::function<void()> stopped_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace agentcron::engine
