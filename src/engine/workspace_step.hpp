// The step that gives a task its git worktree: the one it has, or a new one. The row comes first,
// then the directory (scripts/workspace_make.sh), then the row says that it is made; a crash
// between them is repaired by the task's next attempt.
#pragma once

#include "engine/hook.hpp"
#include "engine/launch_plan.hpp"
#include "engine/preparation.hpp"
#include "engine/workspaces.hpp"

namespace agentcron::engine {

class WorkspaceStep final : public PreparationStep {
public:
    // What is referred to outlives it.
    WorkspaceStep(boost::asio::io_context& loop, const task::Claimed& claimed,
                  const LaunchSettings& settings, const Resolved& resolved, Workspaces& workspaces);

    void start(Prepared& prepared, std::function<void()> changed) override;
    bool proceed(OutputBuffer& rows) override;
    std::string failure() const override { return failure_; }
    bool waits_for_machine() const override { return lacked_room_; }
    void stop(base::Millis grace) override;
    void kill() override;

private:
    void take();
    void taken(task::TakenWorkspace taken);
    void make_room();
    void run_script();
    void script_ended();
    void is_there(const std::string& warning);
    void end(std::string failure);
    // Calls that wait for others of this machine, and that a stop does not wait for.
    std::function<void()> unless_ended(void (WorkspaceStep::*then)());

    boost::asio::io_context& loop_;
    const task::Claimed& claimed_;
    const LaunchSettings& settings_;
    const Resolved& resolved_;
    Workspaces& workspaces_;
    Prepared* prepared_ = nullptr;
    std::function<void()> changed_;
    task::WantedWorkspace wanted_;
    task::Workspace workspace_;
    std::shared_ptr<Hook> hook_;
    std::string told_;
    bool waiting_for_others_ = false;
    bool waited_ = false;
    bool room_was_made_ = false;
    bool stopped_ = false;
    bool ended_ = false;
    std::string failure_;
    bool lacked_room_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace agentcron::engine
