// The step that runs workspace.setup: a program of the user's, in the agent's directory and
// environment; in a worktree until it went well once. What it writes is output of the task, of kind
// "setup".
#pragma once

#include "engine/hook.hpp"
#include "engine/launch_plan.hpp"
#include "engine/preparation.hpp"

namespace agentcron::engine {

class SetupStep final : public PreparationStep {
public:
    // What is referred to outlives it.
    SetupStep(boost::asio::io_context& loop, const task::Claimed& claimed,
              const LaunchSettings& settings, const Resolved& resolved,
              task::WorkspaceStore& store);

    void start(Prepared& prepared, std::function<void()> changed) override;
    bool proceed(OutputBuffer& rows) override;
    std::string failure() const override;
    void stop(base::Millis grace) override;
    void kill() override;

private:
    boost::asio::io_context& loop_;
    const task::Claimed& claimed_;
    const LaunchSettings& settings_;
    const Resolved& resolved_;
    task::WorkspaceStore& store_;
    Prepared* prepared_ = nullptr;
    std::function<void()> changed_;
    std::shared_ptr<Hook> hook_;
    enum class Phase { running, noting, ended };
    Phase phase_ = Phase::running;
};

} // namespace agentcron::engine
