#include "engine/attempt.hpp"

#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

constexpr std::size_t read_bytes = 256 * 1024;
// Waited for more output before a small batch is sent: far below what a person notices.
constexpr auto flush_delay = std::chrono::milliseconds(20);

std::optional<agent::Stream> agent_stream(process::Stream stream) {
    switch (stream) {
    case process::Stream::out: return agent::Stream::out;
    case process::Stream::err: return agent::Stream::err;
    case process::Stream::event: return agent::Stream::event;
    case process::Stream::ask: return agent::Stream::ask;
    case process::Stream::in:
    case process::Stream::reply: return std::nullopt; // what went in; the driver wrote it itself
    }
    return std::nullopt;
}

} // namespace

Attempt::Attempt(Host host, task::Claimed claimed)
    : host_(std::move(host))
    , claimed_(std::move(claimed))
    , total_timer_(host_.loop)
    , hold_timer_(host_.loop)
    , linger_timer_(host_.loop)
    , polite_end_timer_(host_.loop)
    , flush_timer_(host_.loop) {}

void Attempt::start() {
    auto plan = plan_launch(claimed_, host_.settings);
    if (!plan) return finish_unlaunched({task::Status::failed, task::Reason::spawn, plan.error()});
    spec_ = std::move(plan->spec);
    if (const auto outcome = over_before_start()) return finish_unlaunched(*outcome);
    profile_ = std::move(plan->profile);
    driver_ = std::move(plan->driver);
    check_launch_ = std::move(plan->check);
    run_directory_ = plan->launch.run_directory;
    // The process does not outlive this object, so its callbacks need no guard.
    auto launched = process::AgentProcess::launch(
        host_.loop, plan->launch,
        {.readable = [this] { spool_grew(); },
         .exited = [this](const process::ExitRecord& record) { exited(record); }});
    if (!launched)
        return finish_unlaunched(
            {task::Status::failed, task::Reason::spawn, launched.error().message()});
    process_ = std::move(*launched);
    count_time();
    spdlog::info("task started task={} schedule={} agent={} attempt={} run={} pid={}",
                 lease().task_id, claimed_.schedule, claimed_.agent, claimed_.attempt,
                 lease().run_no, process_->shim_pid());
}

// What is known before the agent starts: an attempt may be claimed only to be ended.
std::optional<task::Outcome> Attempt::over_before_start() const {
    if (claimed_.total_left && claimed_.total_left->count() <= 0)
        return task::total_timeout_over(spec_.total_timeout);
    const bool goes_on = spec_.on_input_timeout == task::OnInputTimeout::go_on;
    if (!claimed_.answers.empty() && claimed_.answers.back().expired && !goes_on)
        return task::nobody_answered(spec_.input_timeout);
    return std::nullopt;
}

void Attempt::count_time() {
    using Limit = task::Ending::Limit;
    active_time_.emplace(host_.loop, spec_.timeout, [this] { stop_for(Limit::timeout); });
    active_time_->run();
    stall_time_.emplace(host_.loop, spec_.stall_timeout, [this](auto silence) { silent(silence); });
    stall_time_->run();
    if (!claimed_.total_left) return;
    total_timer_.expires_after(*claimed_.total_left);
    total_timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
        const auto attempt = self.lock();
        if (!error && attempt) attempt->stop_for(Limit::total_timeout);
    });
}

// Told by the file system: also while nothing is read because the store is behind.
void Attempt::spool_grew() {
    stall_time_->heard();
    readable();
}

void Attempt::readable() {
    if (closed_ || lost_) return;
    if (check_)
        check_->read(output_);
    else
        read_agent();
    flush_soon();
    conclude_when_stored();
}

void Attempt::read_agent() {
    while (!output_.is_full()) {
        const auto frames = process_->read(read_bytes);
        if (frames.empty()) {
            if (!exit_ || output_ended_) break;
            output_ended_ = true;
            std::vector<agent::Event> events;
            driver_->end_of_output(events);
            take_events(events);
            break;
        }
        for (const auto& frame : frames) take_frame(frame);
    }
    if (!exit_) feed(driver_->after_events());
}

void Attempt::take_frame(const process::Frame& frame) {
    spool_offset_ = frame.offset + frame.bytes.size();
    const auto stream = agent_stream(frame.stream);
    if (!stream) return;
    std::vector<agent::Event> events;
    driver_->receive({*stream, frame.at, frame.offset, frame.bytes}, events);
    take_events(events);
}

void Attempt::take_events(std::vector<agent::Event>& events) {
    for (auto& event : events) std::visit([this](auto& e) { take_event(e); }, event);
}

void Attempt::take_event(agent::Output& output) {
    output_.add(std::move(output));
}

void Attempt::take_event(agent::SessionStarted& session) {
    session_id_ = std::move(session.session_id);
}

void Attempt::take_event(agent::Usage& usage) {
    usage_ = usage;
}

void Attempt::take_event(agent::Result& result) {
    result_ = std::move(result);
    if (exit_) return;
    // After its result an agent has nothing more to do: one that stays is ended.
    stall_time_->stand_still();
    linger_timer_.expires_after(profile_.grace);
    linger_timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
        const auto attempt = self.lock();
        if (error || !attempt || attempt->exit_ || !attempt->open_questions_.empty()) return;
        attempt->lingered_ = true;
        attempt->end_process();
    });
}

void Attempt::flush_soon() {
    if (output_.empty() || writing_output_) return;
    if (output_.is_worth_sending() || is_over()) return flush();
    if (std::exchange(flush_armed_, true)) return;
    flush_timer_.expires_after(flush_delay);
    flush_timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
        const auto attempt = self.lock();
        if (error || !attempt) return;
        attempt->flush();
    });
}

void Attempt::flush() {
    flush_armed_ = false;
    if (output_.empty() || writing_output_ || closed_ || lost_) return;
    writing_output_ = true;
    host_.store.write_output({lease(), output_.take(), spool_offset_}, [self = shared_from_this()] {
        self->writing_output_ = false;
        self->readable(); // there is room again
    });
}

void Attempt::feed(const agent::Feed& feed) {
    if (!feed.stdin_bytes.empty()) process_->feed(feed.stdin_bytes);
    if (feed.close_stdin) process_->close_stdin();
    if (feed.reply) process_->reply(feed.reply->ask_id, feed.reply->json);
}

bool Attempt::is_over() const {
    return exit_ && (!check_ || check_->has_ended());
}

void Attempt::end_process() {
    if (check_) return check_->terminate(profile_.grace);
    const auto order = parking_ ? driver_->park() : driver_->cancel();
    feed(order);
    // It may be gone before a signal is sent: then it has ended because it was told to.
    const bool told_before = std::exchange(told_to_end_, told_to_end_ || order.ends_by_itself ||
                                                             !order.stdin_bytes.empty());
    if (!order.ends_by_itself) return process_->terminate(profile_.grace);
    if (!told_before) terminate_later();
}

// It was asked to end, and is made to if it does not.
void Attempt::terminate_later() {
    polite_end_timer_.expires_after(profile_.grace);
    polite_end_timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
        const auto attempt = self.lock();
        if (!error && attempt && !attempt->exit_)
            attempt->process_->terminate(attempt->profile_.grace);
    });
}

void Attempt::silent(StallTimer::Clock::duration silence) {
    if (exit_) return;
    // The loop may be late: what was written meanwhile is not silence.
    const auto read_before = spool_offset_;
    readable();
    if (closed_ || exit_) return;
    if (spool_offset_ != read_before || output_.is_full()) return stall_time_->run();
    silent_for_ = std::chrono::floor<base::Seconds>(silence);
    stop_for(task::Ending::Limit::stall_timeout);
}

void Attempt::stop_for(task::Ending::Limit limit) {
    using Limit = task::Ending::Limit;
    if (closed_ || concluding_ || lost_) return;
    // The others are limits of the agent alone.
    if (exit_ && (limit != Limit::total_timeout || !check_launch_)) return;
    // No attempt may follow after total_timeout, so it always counts.
    if (limit_ == Limit::none || limit == Limit::total_timeout) limit_ = limit;
    if (!is_over()) end_process();
}

void Attempt::shut_down() {
    if (closed_ || lost_ || std::exchange(shutting_down_, true)) return;
    parking_ |= !open_questions_.empty() && !exit_;
    if (process_ && !is_over()) end_process();
}

void Attempt::kill() {
    if (check_) return check_->kill();
    if (process_ && !exit_) process_->kill();
}

void Attempt::lease_lost() {
    // The write that ends an attempt ends its lease, and sees by itself if that was lost before.
    if (closed_ || concluding_ || std::exchange(lost_, true)) return;
    spdlog::warn("lease lost, killing the agent task={} schedule={} run={}", lease().task_id,
                 claimed_.schedule, lease().run_no);
    if (process_ && !is_over()) return kill();
    close();
}

} // namespace agentcron::engine
