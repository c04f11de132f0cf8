#include "engine/workspaces.hpp"

#include "engine/scripts.hpp"
#include "task/workspace_report.hpp"

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

// Archiving a large tree takes minutes; a script that hangs must not hold up all others for ever.
constexpr std::chrono::minutes settle_limit{30};

std::string_view word(task::EndedWorkspace::Order order) {
    switch (order) {
    case task::EndedWorkspace::Order::keep: return "keep";
    case task::EndedWorkspace::Order::remove: return "remove";
    case task::EndedWorkspace::Order::force: return "force";
    }
    return "keep";
}

} // namespace

Workspaces::Workspaces(boost::asio::io_context& loop, task::WorkspaceStore& store,
                       const LaunchSettings& settings)
    : loop_(loop), store_(store), settings_(settings) {}

void Workspaces::look() {
    if (stopped_) return;
    if (looking_ || hook_) {
        look_again_ = true;
        return;
    }
    looking_ = true;
    look_again_ = false;
    store_.next_ended([this](std::optional<task::EndedWorkspace> ended) {
        looking_ = false;
        if (stopped_) return idle();
        if (ended) return settle(std::move(*ended));
        if (look_again_) return look();
        idle();
    });
}

void Workspaces::when_settled(std::function<void()> then) {
    waiting_.push_back(std::move(then));
    look();
}

void Workspaces::idle() {
    for (auto& then : std::exchange(waiting_, {})) boost::asio::post(loop_, std::move(then));
    if (stopped_) boost::asio::post(loop_, stopped_);
}

// In the environment of the task's agent, as far as that is still declared: archive may need it.
process::LaunchSpec Workspaces::launch_of(const task::EndedWorkspace& ended) const {
    auto resolved = resolve(ended.task, settings_);
    if (!resolved) {
        resolved = Resolved{};
        resolved->run_directory =
            settings_.run_root / fmt::format("{}.0", ended.task.lease.task_id);
    }
    const auto& workspace = ended.workspace;
    const Prepared prepared{.working_directory = "/",
                            .variables = {{"AGENTCRON_WORKSPACE", workspace.path},
                                          {"AGENTCRON_BRANCH", workspace.branch}}};
    const auto script = std::string(workspace_common_script) + std::string(workspace_settle_script);
    std::vector<std::string> command{"/bin/sh",
                                     "-c",
                                     script,
                                     "workspace",
                                     workspace.repo,
                                     workspace.branch,
                                     workspace.base_commit,
                                     workspace.path,
                                     std::string(word(ended.order)),
                                     workspace.made_branch ? "new" : "old"};
    command.insert(command.end(), ended.archive.begin(), ended.archive.end());
    return hook_launch(ended.task, settings_, *resolved, prepared, "settle", command);
}

void Workspaces::settle(task::EndedWorkspace ended) {
    ended_ = std::move(ended);
    told_.clear();
    const auto changed = [this, alive = std::weak_ptr(alive_)] {
        if (alive.lock()) proceed();
    };
    hook_ = std::make_shared<Hook>(loop_, launch_of(*ended_), "workspace", 0, changed);
    hook_->collect_events(told_);
    hook_->start(settle_limit);
    proceed();
}

void Workspaces::proceed() {
    OutputBuffer rows; // of no task any more
    if (!hook_) return;
    do {
        rows.take();
        hook_->read(rows);
    } while (rows.is_full());
    if (!hook_->output_ended()) return;
    const auto hook = std::exchange(hook_, nullptr);
    boost::asio::post(loop_, [hook] {}); // perhaps we are inside its callback
    std::error_code ignored;
    std::filesystem::remove_all(hook->run_directory(), ignored);
    // What was stopped in the middle is done by the next worker of this machine.
    if (stopped_) return idle();
    const auto ending = hook->ending();
    const auto settled =
        task::settled_from(task::report_from(told_), *ended_, task::failure_of(ending, 0));
    spdlog::info("workspace {} task={} path={} {}", settled.removed ? "removed" : "kept",
                 ended_->task.lease.task_id, ended_->workspace.path, settled.kept_because);
    looking_ = true;
    store_.settled(ended_->workspace.id, settled, [this] {
        looking_ = false;
        if (stopped_) return idle();
        look();
    });
}

void Workspaces::stop(std::function<void()> stopped) {
    if (stopped_) return;
    stopped_ = std::move(stopped);
    if (hook_) return hook_->terminate(base::Seconds(5));
    if (!looking_) idle();
}

void Workspaces::kill() {
    if (hook_) hook_->kill();
}

} // namespace agentcron::engine
