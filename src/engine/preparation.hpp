// What an attempt needs before its agent can be started, made one step after another on the loop.
// A step may take its time (a checkout, a program of the user's, a query), may fail, and may be
// stopped: by a cancel, a lost lease, a limit, the worker's end. The attempt then waits until the
// step has ended, so that nothing of it goes on beside what comes next. Owned by the attempt; loop
// thread only.
#pragma once

#include "agent/environment.hpp"
#include "base/clock.hpp"
#include "engine/output_buffer.hpp"
#include "process/agent_process.hpp"
#include "task/prompt.hpp"
#include "task/status.hpp"
#include "task/workspace_store.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agentcron::engine {

// What the steps gave; each adds to it.
struct Prepared {
    std::filesystem::path working_directory; // of the agent and its hooks
    agent::Variables variables{};            // of their environment, over what the agent declares
    task::PromptValues values{};             // those that only a step knows
    std::string context{};                   // the rows of all queries, one JSON object
    std::vector<process::LaunchSpec::File> files{}; // for the agent's run directory
    std::optional<task::Workspace> workspace{};     // the task's own, if its agent declares one
    std::uint64_t output_end = 0;                   // where the key of the next row may begin
};

class PreparationStep {
public:
    virtual ~PreparationStep() = default;
    // Begins. `prepared` outlives the step. `changed`, which is called from the loop and never from
    // inside a call: `proceed` may get further.
    virtual void start(Prepared& prepared, std::function<void()> changed) = 0;
    // Hands over what was written, as much as there is room for. True: it has ended, nothing of it
    // runs any more, and all that it wrote was handed over.
    virtual bool proceed(OutputBuffer& rows) = 0;
    // Once it has ended: "" or, for people, which stage failed and how: "setup: './get.sh' exited
    // with code 3: no space left".
    virtual std::string failure() const = 0;
    // What the task fails with then.
    virtual task::Reason reason() const { return task::Reason::spawn; }
    // It failed for want of something of this machine's: then the task is given back.
    virtual bool waits_for_machine() const { return false; }
    // It is to end soon; whether well does not matter any more.
    virtual void stop(base::Millis grace) = 0;
    virtual void kill() = 0;
};

class Preparation {
public:
    Preparation(Prepared known, std::vector<std::unique_ptr<PreparationStep>> steps,
                std::function<void()> changed);

    // True: it has ended: with a failure, because it was stopped, or with everything prepared.
    bool proceed(OutputBuffer& rows);
    bool has_ended() const { return at_ == steps_.size(); }
    const std::string& failure() const { return failure_; }
    task::Reason reason() const { return reason_; }
    bool waits_for_machine() const { return waits_for_machine_; }
    const Prepared& prepared() const { return prepared_; }
    void stop(base::Millis grace);
    void kill();

private:
    Prepared prepared_;
    std::vector<std::unique_ptr<PreparationStep>> steps_;
    std::function<void()> changed_;
    std::size_t at_ = 0;
    bool started_ = false; // the step at at_
    bool stopped_ = false;
    std::string failure_;
    task::Reason reason_ = task::Reason::spawn;
    bool waits_for_machine_ = false;
};

} // namespace agentcron::engine
