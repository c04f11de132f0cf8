// The step of a preparation that runs the queries of `context`. Their rows are values of the
// prompt, and a file that the agent finds by AGENTCRON_CONTEXT_FILE.
#pragma once

#include "engine/launch_plan.hpp"
#include "engine/preparation.hpp"
#include "task/context_store.hpp"
#include "task/task_store.hpp"

#include <boost/asio/io_context.hpp>

namespace agentcron::engine {

class ContextStep final : public PreparationStep {
public:
    // All outlive the step.
    ContextStep(boost::asio::io_context& loop, const task::Claimed& claimed,
                const LaunchSettings& settings, const Resolved& resolved)
        : loop_(loop), claimed_(claimed), settings_(settings), resolved_(resolved) {}

    void start(Prepared& prepared, std::function<void()> changed) override;
    bool proceed(OutputBuffer&) override { return has_ended_; }
    std::string failure() const override { return failure_; }
    task::Reason reason() const override { return reason_; }
    // The query may go on in the server for a while: it changes nothing, and nobody waits for it.
    void stop(base::Millis) override { kill(); }
    void kill() override;

private:
    void take(const std::vector<std::string>& rows);
    void fail(task::Reason reason, std::string words);

    boost::asio::io_context& loop_;
    const task::Claimed& claimed_;
    const LaunchSettings& settings_;
    const Resolved& resolved_;
    Prepared* prepared_ = nullptr;
    std::function<void()> changed_;
    std::shared_ptr<void> reading_;
    bool has_ended_ = false;
    std::string failure_;
    task::Reason reason_ = task::Reason::context;
};

} // namespace agentcron::engine
