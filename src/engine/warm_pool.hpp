// Starts processes for attempts: a fresh one, or one that waits for its task because its agent
// says `prewarm` and a start was expected. Owned by the worker; loop thread only.
// Or one of those that stay, of an agent that says `persistent` (standing_pool.hpp).
//
// It knows the coming starts from a look at the database: at the start, on a hint, after a task of
// such an agent was started, and every slow_poll. Between two looks timers do the rest. No more
// processes wait than slots are free, and of an agent no more than may run at once. One that turns
// out not to be needed (the fire time was paused, another worker was faster) is ended some time
// after; one that dies is not replaced for the fire times it was started for, so that an agent
// which cannot start does not do so in a circle: their attempts start a fresh one, and say why.
#pragma once

#include "engine/standing_pool.hpp"
#include "engine/started.hpp"
#include "engine/warm_need.hpp"
#include "engine/warm_process.hpp"
#include "task/task_store.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace agentcron::engine {

class WarmPool {
public:
    struct Host {
        boost::asio::io_context& loop;
        task::TaskStore& store;
        const LaunchSettings& settings;
        std::function<int()> free_slots;
        std::function<void()> emptied; // after `stop`: nothing lives any more
    };
    // How long after its fire time a process that nobody took is kept.
    static constexpr base::Seconds linger_default{30};
    WarmPool(Host host, base::Millis linger);

    // What is coming may have changed.
    void look();
    void slots_changed() { fill(); }
    base::Result<Started, process::LaunchError> start(const task::Claimed& claimed,
                                                      const agent::Profile& profile,
                                                      const LaunchPlan& plan,
                                                      process::AgentProcess::Events events);
    // Goes on with a request of a persistent process that an earlier worker left.
    base::Result<Started, process::LaunchError> take_over(const Remains& remains,
                                                          const agent::Profile& profile,
                                                          const LaunchPlan& plan,
                                                          process::AgentProcess::Events events);
    void stop(); // politely
    void kill();
    bool empty() const { return waiting_.empty() && ending_.empty() && standing_.empty(); }

private:
    using Processes = std::vector<std::shared_ptr<WarmProcess>>;

    void looked(const std::vector<task::ComingStart>& coming);
    void fill();
    void start_ahead(const task::ComingStart& coming);
    base::Result<Started, process::LaunchError> hand_out(const task::Claimed& claimed,
                                                         const agent::Profile& profile,
                                                         const LaunchPlan& plan,
                                                         process::AgentProcess::Events events);
    base::Result<Started, process::LaunchError> start_request(const task::Claimed& claimed,
                                                              const LaunchPlan& plan,
                                                              process::AgentProcess::Events events);
    base::Result<AheadPlan, std::string>
    plan_of(const std::string& agent, const std::string& driver, const std::string& config);
    void standing_changed();
    // One that was started for that time died before it.
    void bar(const std::string& agent, SteadyTime needed_until);
    std::optional<Started> take_waiting(const task::Claimed& claimed, const LaunchPlan& plan,
                                        const process::AgentProcess::Events& events);
    void retire(Processes::iterator which);
    void retire_unneeded();
    void ended(const WarmProcess& process, const std::string& how);
    void arm(std::optional<SteadyTime> next);

    const Host host_;
    const base::Millis linger_;
    std::vector<task::ComingStart> starts_;        // as they were looked up
    std::vector<Coming> coming_;                   // the same, with their times here
    std::map<std::string, SteadyTime> not_before_; // by agent: one started for that time died
    StandingPool standing_;
    Processes waiting_;
    Processes ending_;
    boost::asio::steady_timer timer_;
    SteadyTime last_look_{};
    std::uint64_t started_ = 0;
    bool looking_ = false;
    bool look_wanted_ = false;
    bool stopping_ = false;
};

} // namespace agentcron::engine
