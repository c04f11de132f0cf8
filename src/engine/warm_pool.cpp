#include "engine/warm_pool.hpp"

#include "process/launcher.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

constexpr base::Seconds slow_poll{30};
// Between two looks: hints may come in crowds.
constexpr base::Millis look_pause{100};

SteadyTime steady_now() {
    return std::chrono::steady_clock::now();
}

// The files of a task whose process is not launched for it.
std::optional<process::LaunchError> provide(const process::LaunchSpec& launch) {
    return launch.files.empty() ? std::nullopt : process::provide_files(launch);
}

} // namespace

WarmPool::WarmPool(Host host, base::Millis linger)
    : host_(std::move(host))
    , linger_(linger)
    , standing_({.loop = host_.loop,
                 .died_waiting = [this](const std::string& agent,
                                        SteadyTime needed_until) { bar(agent, needed_until); },
                 .changed = [this] { standing_changed(); }})
    , timer_(host_.loop) {}

void WarmPool::look() {
    look_wanted_ = true;
    if (stopping_ || looking_) return;
    if (last_look_ != SteadyTime{} && steady_now() < last_look_ + look_pause) return fill();
    looking_ = true;
    look_wanted_ = false;
    host_.store.coming(slow_poll, [this](const std::vector<task::ComingStart>& coming) {
        looking_ = false;
        last_look_ = steady_now();
        looked(coming);
    });
}

void WarmPool::looked(const std::vector<task::ComingStart>& coming) {
    starts_ = coming;
    coming_.clear();
    for (const auto& start : starts_)
        coming_.push_back({.agent = start.agent,
                           .due = last_look_ + start.due_in,
                           .prewarm = start.prewarm,
                           .max_concurrent = start.max_concurrent});
    fill();
}

void WarmPool::fill() {
    if (stopping_) return;
    retire_unneeded();
    std::map<std::string, std::size_t> waiting;
    for (const auto& process : waiting_) ++waiting[process->agent()];
    standing_.count_free(waiting);
    std::vector<Coming> wanted;
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < coming_.size(); ++i) {
        const auto barred = not_before_.find(coming_[i].agent);
        if (barred != not_before_.end() && coming_[i].due <= barred->second) continue;
        wanted.push_back(coming_[i]);
        which.push_back(i);
    }
    const auto need = warm_need(wanted, waiting, host_.free_slots(), steady_now());
    for (const auto i : need.start) start_ahead(starts_[which[i]]);
    for (const auto& process : waiting_)
        if (const auto due = need.needed_at.find(process->agent()); due != need.needed_at.end())
            process->needed_until = std::max(process->needed_until, due->second + linger_);
    for (const auto& [agent, due] : need.needed_at) standing_.keep_free(agent, due + linger_);
    arm(need.next);
}

void WarmPool::bar(const std::string& agent, SteadyTime needed_until) {
    not_before_[agent] = needed_until - linger_;
}

void WarmPool::standing_changed() {
    if (stopping_ && empty()) boost::asio::post(host_.loop, host_.emptied);
    fill();
}

base::Result<AheadPlan, std::string>
WarmPool::plan_of(const std::string& agent, const std::string& driver, const std::string& config) {
    return plan_ahead(agent, driver, config, host_.settings,
                      host_.settings.run_root / fmt::format("ahead.{}", ++started_));
}

void WarmPool::start_ahead(const task::ComingStart& coming) {
    const auto failed = [&](const std::string& why) {
        not_before_[coming.agent] = last_look_ + coming.due_in;
        spdlog::warn("no process was started ahead agent={}: {}", coming.agent, why);
    };
    auto plan = plan_of(coming.agent, coming.driver, coming.agent_config);
    if (!plan) return failed(plan.error());
    const auto needed_until = last_look_ + coming.due_in + linger_;
    if (plan->profile.persistent) {
        const auto pid = standing_.start_ahead(std::move(*plan), needed_until);
        if (!pid) return failed(pid.error().message());
        spdlog::info("process started ahead agent={} due_in_ms={} pid={}", coming.agent,
                     coming.due_in.count(), *pid);
        return;
    }
    auto process = std::make_shared<WarmProcess>(
        host_.loop, std::move(*plan),
        [this](const WarmProcess& gone, const std::string& how) { ended(gone, how); });
    const auto pid = process->start();
    if (!pid) return failed(pid.error().message());
    process->needed_until = needed_until;
    spdlog::info("process started ahead agent={} due_in_ms={} pid={}", coming.agent,
                 coming.due_in.count(), *pid);
    waiting_.push_back(std::move(process));
}

base::Result<Started, process::LaunchError> WarmPool::start(const task::Claimed& claimed,
                                                            const agent::Profile& profile,
                                                            const LaunchPlan& plan,
                                                            process::AgentProcess::Events events) {
    auto started = hand_out(claimed, profile, plan, std::move(events));
    if (profile.prewarm.count() > 0) look(); // for the start after this one
    return started;
}

base::Result<Started, process::LaunchError>
WarmPool::hand_out(const task::Claimed& claimed, const agent::Profile& profile,
                   const LaunchPlan& plan, process::AgentProcess::Events events) {
    const bool stays = profile.persistent && plan.may_wait;
    if (stays) return start_request(claimed, plan, std::move(events));
    if (auto waiting = plan.may_wait ? take_waiting(claimed, plan, events) : std::nullopt) {
        if (auto error = provide(plan.launch)) {
            waiting->process->kill();
            return *error;
        }
        // Its own deadline was none: there was no task.
        if (plan.launch.deadline.count() > 0) waiting->process->set_deadline(plan.launch.deadline);
        return std::move(*waiting);
    }
    auto launched = process::AgentProcess::launch(host_.loop, plan.launch, std::move(events));
    if (!launched) return launched.error();
    Started started;
    started.process = std::move(*launched);
    started.run_directory = plan.launch.run_directory;
    started.journal.emplace(plan.launch.run_directory);
    return started;
}

base::Result<Started, process::LaunchError>
WarmPool::start_request(const task::Claimed& claimed, const LaunchPlan& plan,
                        process::AgentProcess::Events events) {
    if (auto error = provide(plan.launch)) return *error;
    auto wanted = plan_of(claimed.agent, *claimed.driver, claimed.agent_config);
    // What is wrong with it was wrong with the attempt's own plan, which is made of the same.
    if (!wanted) return process::LaunchError{wanted.error(), EINVAL, claimed.agent};
    auto started = standing_.start(std::move(*wanted), plan.launch.stdin_bytes, std::move(events));
    if (!started) return started;
    if (plan.launch.deadline.count() > 0) started->process->set_deadline(plan.launch.deadline);
    started->run_directory = plan.launch.run_directory;
    started->journal.emplace(plan.launch.run_directory);
    return started;
}

base::Result<Started, process::LaunchError>
WarmPool::take_over(const Remains& remains, const agent::Profile& profile, const LaunchPlan& plan,
                    process::AgentProcess::Events events) {
    // It serves nobody after this request, so no more of its plan is needed.
    AheadPlan of_process{.profile = profile, .driver = nullptr, .launch = {}};
    of_process.launch.run_directory =
        remains.directory.parent_path() / remains.record.standing->directory;
    return standing_.take_over(std::move(of_process), remains, plan.launch.stdin_bytes,
                               std::move(events));
}

std::optional<Started> WarmPool::take_waiting(const task::Claimed& claimed, const LaunchPlan& plan,
                                              const process::AgentProcess::Events& events) {
    const auto is_of_agent = [&](const auto& process) { return process->agent() == claimed.agent; };
    if (std::none_of(waiting_.begin(), waiting_.end(), is_of_agent)) return std::nullopt;
    const auto wanted = plan_of(claimed.agent, *claimed.driver, claimed.agent_config);
    // From the first on, which has waited longest. What the agent was before it changed goes.
    for (std::size_t i = 0; i < waiting_.size();) {
        const auto at = waiting_.begin() + static_cast<std::ptrdiff_t>(i);
        auto& process = **at;
        if (!is_of_agent(*at)) {
            ++i;
            continue;
        }
        if (!wanted || !are_alike(process.plan(), *wanted)) {
            retire(at);
            continue;
        }
        auto started = process.take_over(plan.brief, events);
        if (started) waiting_.erase(at);
        return started;
    }
    return std::nullopt;
}

void WarmPool::retire(Processes::iterator which) {
    (*which)->end();
    ending_.push_back(std::move(*which));
    waiting_.erase(which);
}

void WarmPool::retire_unneeded() {
    const auto now = steady_now();
    standing_.end_unneeded(now);
    for (std::size_t i = 0; i < waiting_.size();) {
        const auto at = waiting_.begin() + static_cast<std::ptrdiff_t>(i);
        if ((*at)->needed_until > now) {
            ++i;
            continue;
        }
        spdlog::info("ending a process that was not needed agent={}", (*at)->agent());
        retire(at);
    }
}

void WarmPool::ended(const WarmProcess& process, const std::string& how) {
    const auto is_it = [&](const auto& one) { return one.get() == &process; };
    auto* list = &ending_;
    auto found = std::find_if(ending_.begin(), ending_.end(), is_it);
    if (found == ending_.end()) {
        list = &waiting_;
        found = std::find_if(waiting_.begin(), waiting_.end(), is_it);
        bar(process.agent(), process.needed_until);
        spdlog::warn("a process that waited for its task is gone agent={}: {}", process.agent(),
                     how);
    }
    // Not from inside its own callback.
    boost::asio::post(host_.loop, [gone = std::move(*found)] {});
    list->erase(found);
    if (stopping_ && empty()) boost::asio::post(host_.loop, host_.emptied);
}

void WarmPool::arm(std::optional<SteadyTime> next) {
    auto at = last_look_ + (look_wanted_ ? base::Millis(look_pause) : base::Millis(slow_poll));
    if (next) at = std::min(at, *next);
    if (const auto end = standing_.next_end()) at = std::min(at, *end);
    for (const auto& process : waiting_) at = std::min(at, process->needed_until);
    timer_.expires_at(at);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error || stopping_) return;
        const bool is_old = steady_now() >= last_look_ + slow_poll;
        if (look_wanted_ || is_old) return look();
        fill();
    });
}

void WarmPool::stop() {
    if (std::exchange(stopping_, true)) return;
    timer_.cancel();
    standing_.stop();
    while (!waiting_.empty()) retire(waiting_.begin());
}

void WarmPool::kill() {
    for (const auto& process : waiting_) process->kill();
    for (const auto& process : ending_) process->kill();
    standing_.kill();
}

} // namespace agentcron::engine
