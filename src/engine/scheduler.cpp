#include "engine/scheduler.hpp"

#include "base/timestamps.hpp"

#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

constexpr base::Instant::duration locked_poll = base::Millis(20);

} // namespace

Scheduler::Scheduler(boost::asio::io_context& loop, const base::Clock& clock,
                     schedule::ScheduleStore& store, std::function<void()> changed)
    : clock_(clock), store_(store), changed_(std::move(changed)), timer_(loop) {}

void Scheduler::wake() {
    if (stopped_) return;
    if (ticking_) {
        tick_again_ = true;
        return;
    }
    ticking_ = true;
    tick_again_ = false;
    store_.tick([this](const schedule::Tick& tick) { ticked(tick); });
}

void Scheduler::ticked(const schedule::Tick& tick) {
    ticking_ = false;
    bool queued = tick.queued;
    for (const auto& error : tick.errors) spdlog::error("{}", error);
    for (const auto& task : tick.tasks) {
        queued |= task.status == "queued";
        spdlog::info("task {} task={} schedule={} fire_time={} reason={}", task.status,
                     task.task_id, task.schedule, base::to_rfc3339(task.fire_time),
                     task.reason.empty() ? "-" : task.reason);
    }
    if (queued || !tick.tasks.empty()) changed_();
    if (queued) store_.announce_ready();
    if (stopped_) return;
    if (tick.more || tick_again_) return wake();
    wait_for_next(tick);
}

void Scheduler::wait_for_next(const schedule::Tick& tick) {
    const auto now = clock_.now();
    auto until = now + slow_poll;
    if (tick.next_at && tick.database_now != base::Instant{}) {
        const auto due_in = *tick.next_at - tick.database_now;
        // What is due and was left is locked: by a rival at work on it, or by somebody who edits it
        // and takes his time.
        until = std::min(until, due_in.count() > 0 ? tick.local_now + due_in : now + locked_poll);
    }
    timer_.arm(until, [this] { wake(); });
}

void Scheduler::stop() {
    stopped_ = true;
    timer_.cancel();
}

} // namespace agentcron::engine
