#include "engine/setup_step.hpp"

#include <spdlog/spdlog.h>

namespace agentcron::engine {

SetupStep::SetupStep(boost::asio::io_context& loop, const task::Claimed& claimed,
                     const LaunchSettings& settings, const Resolved& resolved,
                     task::WorkspaceStore& store)
    : loop_(loop), claimed_(claimed), settings_(settings), resolved_(resolved), store_(store) {}

void SetupStep::start(Prepared& prepared, std::function<void()> changed) {
    prepared_ = &prepared;
    changed_ = std::move(changed);
    // A leg that resumes finds what the one before it had set up and left.
    const bool is_done =
        prepared.workspace ? prepared.workspace->is_set_up : !claimed_.answers.empty();
    if (is_done) {
        phase_ = Phase::ended;
        return;
    }
    const auto& command = resolved_.profile.setup;
    hook_ = std::make_shared<Hook>(
        loop_, hook_launch(claimed_, settings_, resolved_, prepared, "setup", command), "setup",
        prepared.output_end, changed_);
    spdlog::info("setting up task={} schedule={} program={}", claimed_.lease.task_id,
                 claimed_.schedule, command.front());
    // The attempt ends it with its timeout.
    hook_->start(base::Millis(0));
}

bool SetupStep::proceed(OutputBuffer& rows) {
    if (phase_ != Phase::running) return phase_ == Phase::ended;
    hook_->read(rows);
    if (!hook_->output_ended()) return false;
    prepared_->output_end = hook_->positions_end();
    std::error_code ignored; // what stays is found by the next start
    std::filesystem::remove_all(hook_->run_directory(), ignored);
    phase_ = Phase::ended;
    if (!prepared_->workspace || !failure().empty()) return true;
    phase_ = Phase::noting;
    store_.set_up(prepared_->workspace->id, [this] {
        phase_ = Phase::ended;
        changed_();
    });
    return false;
}

std::string SetupStep::failure() const {
    if (!hook_) return "";
    const auto ending = hook_->ending();
    const auto how = task::failure_of(ending, resolved_.profile.output_bytes_max);
    if (how.empty()) return "";
    return fmt::format("setup: '{}' {}", ending.program, how);
}

void SetupStep::stop(base::Millis grace) {
    if (hook_) hook_->terminate(grace);
}

void SetupStep::kill() {
    if (hook_) hook_->kill();
}

} // namespace agentcron::engine
