#include "engine/workspace_step.hpp"

#include "engine/scripts.hpp"
#include "task/shortage.hpp"
#include "task/workspace_report.hpp"

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

std::string gibibytes(std::uint64_t bytes) {
    return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1ull << 30));
}

} // namespace

WorkspaceStep::WorkspaceStep(boost::asio::io_context& loop, const task::Claimed& claimed,
                             const LaunchSettings& settings, const Resolved& resolved,
                             Workspaces& workspaces)
    : loop_(loop)
    , claimed_(claimed)
    , settings_(settings)
    , resolved_(resolved)
    , workspaces_(workspaces) {}

void WorkspaceStep::start(Prepared& prepared, std::function<void()> changed) {
    prepared_ = &prepared;
    changed_ = std::move(changed);
    const auto& git = *resolved_.profile.git;
    const auto values = values_of(claimed_, resolved_);
    if (!values) return end(values.error());
    const auto branch = task::render_prompt(git.branch, *values);
    if (!branch) return end("branch: " + branch.error().message);
    wanted_.repo = git.repo;
    wanted_.path = (settings_.workspace_root / std::filesystem::path(git.repo).filename() /
                    std::to_string(claimed_.lease.task_id))
                       .string();
    wanted_.branch = *branch;
    wanted_.base = git.base;
    wanted_.keep = agent::name(git.keep);
    wanted_.archive = git.archive;
    take();
}

void WorkspaceStep::take() {
    workspaces_.store().take(claimed_.lease, wanted_, [this](task::TakenWorkspace reply) {
        taken(std::move(reply));
        changed_();
    });
}

void WorkspaceStep::taken(task::TakenWorkspace taken) {
    using State = task::TakenWorkspace::State;
    if (stopped_) return end("stopped");
    if (taken.state == State::lease_lost) return end("the task's lease was lost");
    if (taken.state == State::being_settled) {
        // An attempt that comes right after the end of the task: by hand, or to continue it.
        if (std::exchange(waited_, true))
            return end("another worker of this machine is removing it; try again");
        waiting_for_others_ = true;
        return workspaces_.when_settled(unless_ended(&WorkspaceStep::take));
    }
    workspace_ = std::move(taken.workspace);
    const auto most = settings_.workspaces_bytes_max;
    if (workspace_.is_made || most == 0 || taken.bytes_of_all <= most) return run_script();
    if (!room_was_made_) return make_room();
    end(fmt::format("the workspaces of this machine take {} of the {} that workspaces.max_bytes "
                    "allows, and none may be removed: `agentcron workspaces` shows them",
                    gibibytes(taken.bytes_of_all), gibibytes(most)));
}

void WorkspaceStep::make_room() {
    room_was_made_ = true;
    waiting_for_others_ = true;
    const auto then = [this, alive = std::weak_ptr(alive_)] {
        if (!alive.lock() || ended_) return;
        workspaces_.when_settled(unless_ended(&WorkspaceStep::take));
    };
    workspaces_.store().make_room(settings_.workspaces_bytes_max, then);
}

std::function<void()> WorkspaceStep::unless_ended(void (WorkspaceStep::*then)()) {
    return [this, then, alive = std::weak_ptr(alive_)] {
        if (!alive.lock() || ended_) return;
        waiting_for_others_ = false;
        (this->*then)();
    };
}

void WorkspaceStep::run_script() {
    const auto script = std::string(workspace_common_script) + std::string(workspace_make_script);
    const std::vector<std::string> command{
        "/bin/sh",         "-c",           script, "workspace", workspace_.repo, workspace_.base,
        workspace_.branch, workspace_.path};
    Prepared anywhere;
    anywhere.working_directory = "/";
    hook_ = std::make_shared<Hook>(
        loop_, hook_launch(claimed_, settings_, resolved_, anywhere, "workspace", command),
        "workspace", prepared_->output_end, changed_);
    hook_->collect_events(told_);
    // The attempt ends it with its timeout.
    hook_->start(base::Millis(0));
}

bool WorkspaceStep::proceed(OutputBuffer& rows) {
    if (!hook_ || ended_) return ended_;
    hook_->read(rows);
    if (hook_->output_ended()) script_ended();
    return ended_;
}

void WorkspaceStep::script_ended() {
    const auto ending = hook_->ending();
    prepared_->output_end = hook_->positions_end();
    std::error_code ignored; // what stays is found by the next start
    std::filesystem::remove_all(hook_->run_directory(), ignored);
    boost::asio::post(loop_, [hook = std::exchange(hook_, nullptr)] {});
    const auto how = task::failure_of(ending, resolved_.profile.output_bytes_max);
    lacked_room_ = !how.empty() && task::blames_full_disk(ending.last_line);
    if (!how.empty()) return end(ending.last_line.empty() ? how : ending.last_line);
    const auto report = task::report_from(told_);
    workspace_.base_commit = report.base_commit;
    workspace_.made_branch = report.made_branch;
    workspaces_.store().made(claimed_.lease, workspace_, report.bytes,
                             [this, warning = report.warning] {
                                 is_there(warning);
                                 changed_();
                             });
}

void WorkspaceStep::is_there(const std::string& warning) {
    if (!warning.empty())
        spdlog::warn("workspace task={} schedule={}: {}", claimed_.lease.task_id, claimed_.schedule,
                     warning);
    spdlog::info("workspace ready task={} schedule={} path={} branch={}", claimed_.lease.task_id,
                 claimed_.schedule, workspace_.path, workspace_.branch);
    prepared_->working_directory = workspace_.path;
    prepared_->variables.emplace_back("AGENTCRON_WORKSPACE", workspace_.path);
    prepared_->variables.emplace_back("AGENTCRON_BRANCH", workspace_.branch);
    prepared_->workspace = workspace_;
    end("");
}

void WorkspaceStep::end(std::string failure) {
    ended_ = true;
    if (!failure.empty()) failure_ = "workspace: " + failure;
}

void WorkspaceStep::stop(base::Millis grace) {
    stopped_ = true;
    if (hook_) hook_->terminate(grace);
    if (!waiting_for_others_) return;
    end("stopped");
    boost::asio::post(loop_, changed_);
}

void WorkspaceStep::kill() {
    stop(base::Millis(0));
    if (hook_) hook_->kill();
}

} // namespace agentcron::engine
