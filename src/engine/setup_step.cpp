#include "engine/setup_step.hpp"

#include <spdlog/spdlog.h>

namespace agentcron::engine {

SetupStep::SetupStep(boost::asio::io_context& loop, const task::Claimed& claimed,
                     const LaunchSettings& settings, const Resolved& resolved)
    : loop_(loop), claimed_(claimed), settings_(settings), resolved_(resolved) {}

void SetupStep::start(Prepared& prepared, std::function<void()> changed) {
    prepared_ = &prepared;
    const auto& command = resolved_.profile.setup;
    hook_ = std::make_shared<Hook>(
        loop_, hook_launch(claimed_, settings_, resolved_, prepared, "setup", command), "setup",
        prepared.output_end, std::move(changed));
    spdlog::info("setting up task={} schedule={} program={}", claimed_.lease.task_id,
                 claimed_.schedule, command.front());
    // The attempt ends it with its timeout.
    hook_->start(base::Millis(0));
}

bool SetupStep::proceed(OutputBuffer& rows) {
    hook_->read(rows);
    if (!hook_->output_ended()) return false;
    prepared_->output_end = hook_->positions_end();
    std::error_code ignored; // what stays is found by the next start
    std::filesystem::remove_all(hook_->run_directory(), ignored);
    return true;
}

std::string SetupStep::failure() const {
    const auto ending = hook_->ending();
    const auto how = task::failure_of(ending, resolved_.profile.output_bytes_max);
    if (how.empty()) return "";
    return fmt::format("setup: '{}' {}", ending.program, how);
}

} // namespace agentcron::engine
