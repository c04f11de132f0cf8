#include "engine/standing_pool.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

namespace agentcron::engine {

std::shared_ptr<StandingProcess> StandingPool::make(AheadPlan plan) {
    return std::make_shared<StandingProcess>(
        StandingProcess::Host{.loop = host_.loop,
                              .freed = [this](StandingProcess& process) { freed(process); },
                              .ended = [this](const StandingProcess& process,
                                              const std::string& how,
                                              bool was_free) { ended(process, how, was_free); },
                              .left = [this](const StandingProcess& process) { drop(process); }},
        std::move(plan));
}

base::Result<pid_t, process::LaunchError> StandingPool::start_ahead(AheadPlan plan,
                                                                    SteadyTime needed_until) {
    auto process = make(std::move(plan));
    auto pid = process->start();
    if (!pid) return pid;
    process->needed_until = needed_until;
    processes_.push_back(std::move(process));
    return pid;
}

base::Result<Started, process::LaunchError>
StandingPool::start(AheadPlan wanted, const std::string& task_line,
                    process::AgentProcess::Events events) {
    auto process = find_free(wanted);
    if (!process) {
        process = make(std::move(wanted));
        const auto pid = process->start();
        if (!pid) return pid.error();
        spdlog::info("process started agent={} pid={}", process->agent(), *pid);
        processes_.push_back(process);
    }
    return process->serve(task_line, std::move(events));
}

base::Result<Started, process::LaunchError>
StandingPool::take_over(AheadPlan plan, const Remains& remains, const std::string& task_line,
                        process::AgentProcess::Events events) {
    auto process = make(std::move(plan));
    auto started = process->take_over(remains, task_line, std::move(events));
    if (started) processes_.push_back(std::move(process));
    return started;
}

// The one that was used last: what is too much has nothing to do then, and ends.
std::shared_ptr<StandingProcess> StandingPool::find_free(const AheadPlan& wanted) {
    std::shared_ptr<StandingProcess> found;
    for (const auto& process : processes_) {
        if (!process->is_free() || process->agent() != wanted.profile.name) continue;
        if (are_alike(process->plan(), wanted))
            found = process;
        else
            process->end();
    }
    return found;
}

void StandingPool::freed(StandingProcess& process) {
    if (stopping_ || process.is_worn()) {
        process.end();
    } else {
        const auto it = std::find_if(processes_.begin(), processes_.end(),
                                     [&](const auto& one) { return one.get() == &process; });
        std::rotate(it, it + 1, processes_.end());
    }
    host_.changed();
}

void StandingPool::ended(const StandingProcess& process, const std::string& how, bool was_free) {
    spdlog::info("process ended agent={}: {}", process.agent(), how);
    if (was_free) host_.died_waiting(process.agent(), process.needed_until);
    drop(process);
}

void StandingPool::drop(const StandingProcess& process) {
    const auto found = std::find_if(processes_.begin(), processes_.end(),
                                    [&](const auto& one) { return one.get() == &process; });
    // Not from inside its own callback.
    boost::asio::post(host_.loop, [gone = std::move(*found)] {});
    processes_.erase(found);
    host_.changed();
}

void StandingPool::count_free(std::map<std::string, std::size_t>& by_agent) const {
    for (const auto& process : processes_)
        if (process->is_free()) ++by_agent[process->agent()];
}

void StandingPool::keep_free(const std::string& agent, SteadyTime needed_until) {
    for (const auto& process : processes_)
        if (process->agent() == agent)
            process->needed_until = std::max(process->needed_until, needed_until);
}

void StandingPool::end_unneeded(SteadyTime now) {
    for (const auto& process : processes_)
        if (process->is_free() && process->needed_until <= now) process->end();
}

std::optional<SteadyTime> StandingPool::next_end() const {
    std::optional<SteadyTime> next;
    for (const auto& process : processes_)
        if (process->is_free())
            next = std::min(next.value_or(process->needed_until), process->needed_until);
    return next;
}

void StandingPool::stop() {
    stopping_ = true;
    for (const auto& process : processes_)
        if (process->is_free()) process->end();
}

void StandingPool::kill() {
    for (const auto& process : processes_) process->kill();
}

} // namespace agentcron::engine
