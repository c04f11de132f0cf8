// The processes of agents that say `persistent: true`: one is started when a task finds none that
// is free, or before an expected one, and serves until it is worn or has had nothing to do for the
// agent's `idle`. Part of the WarmPool, which says when; loop thread only.
#pragma once

#include "engine/standing_process.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agentcron::engine {

class StandingPool {
public:
    struct Host {
        boost::asio::io_context& loop;
        // One that nobody had told to end, before there was a task for it.
        std::function<void(const std::string& agent, SteadyTime needed_until)> died_waiting;
        std::function<void()> changed; // something became free, or is gone
    };
    explicit StandingPool(Host host) : host_(std::move(host)) {}

    // For an expected start; it may be needed until then.
    base::Result<pid_t, process::LaunchError> start_ahead(AheadPlan plan, SteadyTime needed_until);
    // For a task: one that is free and like `wanted`, else a new one. Free ones of the same agent
    // that are not like it are ended: the agent was changed.
    base::Result<Started, process::LaunchError>
    start(AheadPlan wanted, const std::string& task_line, process::AgentProcess::Events events);

    // Goes on with what an earlier worker left.
    base::Result<Started, process::LaunchError> take_over(AheadPlan plan, const Remains& remains,
                                                          const std::string& task_line,
                                                          process::AgentProcess::Events events);

    void count_free(std::map<std::string, std::size_t>& by_agent) const;
    void keep_free(const std::string& agent, SteadyTime needed_until);
    void end_unneeded(SteadyTime now);
    std::optional<SteadyTime> next_end() const; // when a free one is no longer needed
    void stop();                                // what is free ends, the rest once it is
    void kill();
    bool empty() const { return processes_.empty(); }

private:
    std::shared_ptr<StandingProcess> make(AheadPlan plan);
    std::shared_ptr<StandingProcess> find_free(const AheadPlan& wanted);
    void freed(StandingProcess& process);
    void ended(const StandingProcess& process, const std::string& how, bool was_free);
    void drop(const StandingProcess& process);

    const Host host_;
    std::vector<std::shared_ptr<StandingProcess>> processes_; // the last used comes last
    bool stopping_ = false;
};

} // namespace agentcron::engine
