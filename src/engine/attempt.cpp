#include "engine/attempt.hpp"

#include "task/retry_policy.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
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
    , hold_timer_(host_.loop)
    , linger_timer_(host_.loop)
    , flush_timer_(host_.loop) {}

void Attempt::start() {
    auto plan = plan_launch(claimed_, host_.settings);
    if (!plan) return finish_unlaunched(plan.error());
    spec_ = std::move(plan->spec);
    profile_ = std::move(plan->profile);
    driver_ = std::move(plan->driver);
    run_directory_ = plan->launch.run_directory;
    // The process does not outlive this object, so its callbacks need no guard.
    auto launched = process::AgentProcess::launch(
        host_.loop, plan->launch,
        {.readable = [this] { readable(); },
         .exited = [this](const process::ExitRecord& record) { exited(record); }});
    if (!launched) return finish_unlaunched(launched.error().message());
    process_ = std::move(*launched);
    active_time_.emplace(host_.loop, spec_.timeout, [this] { out_of_time(); });
    active_time_->run();
    spdlog::info("task started task={} schedule={} agent={} attempt={} run={} pid={}",
                 lease().task_id, claimed_.schedule, claimed_.agent, claimed_.attempt,
                 lease().run_no, process_->shim_pid());
}

void Attempt::readable() {
    if (closed_ || lost_) return;
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
    flush_soon();
    conclude_when_stored();
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
    if (output_.is_worth_sending() || output_ended_) return flush();
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

void Attempt::end_process() {
    feed(driver_->cancel());
    process_->terminate(profile_.grace);
}

void Attempt::out_of_time() {
    if (exit_) return;
    timed_out_ = true;
    end_process();
}

void Attempt::shut_down() {
    if (closed_ || lost_ || exit_ || std::exchange(shutting_down_, true)) return;
    if (process_) end_process();
}

void Attempt::kill() {
    if (process_ && !exit_) process_->kill();
}

void Attempt::lease_lost() {
    // The write that ends an attempt ends its lease, and sees by itself if that was lost before.
    if (closed_ || concluding_ || std::exchange(lost_, true)) return;
    spdlog::warn("lease lost, killing the agent task={} schedule={} run={}", lease().task_id,
                 claimed_.schedule, lease().run_no);
    if (process_ && !exit_) return process_->kill();
    close();
}

void Attempt::exited(const process::ExitRecord& record) {
    exit_ = record;
    if (active_time_) active_time_->stand_still();
    hold_timer_.cancel();
    linger_timer_.cancel();
    if (lost_) return close();
    readable();
}

void Attempt::conclude_when_stored() {
    if (!output_ended_ || !output_.empty() || writing_output_ || concluding_ || closed_) return;
    concluding_ = true;
    conclude();
}

task::Ending Attempt::ending() const {
    const auto& record = *exit_;
    task::Ending ending;
    ending.stage = record.stage;
    ending.error = record.error;
    ending.exit_code = record.exit_code;
    ending.signal = record.signal;
    ending.deadline_hit = record.deadline_hit || timed_out_;
    ending.output_limit_hit = record.output_limit_hit;
    ending.terminated = record.terminated && !lingered_;
    const auto verdict = driver_->finish({record.exit_code, record.signal, record.terminated});
    switch (verdict.kind) {
    case agent::Verdict::Kind::succeeded: ending.verdict = task::Ending::Verdict::succeeded; break;
    case agent::Verdict::Kind::failed: ending.verdict = task::Ending::Verdict::failed; break;
    case agent::Verdict::Kind::asked_and_left:
        ending.verdict = task::Ending::Verdict::asked_and_left;
        break;
    }
    ending.verdict_reason = verdict.reason;
    ending.verdict_message = verdict.message;
    ending.cancel_requested = cancel_requested_;
    ending.question_open = !open_questions_.empty();
    ending.program = profile_.command.empty() ? "" : profile_.command.front();
    ending.working_directory = profile_.workspace_dir;
    ending.timeout = spec_.timeout;
    ending.output_bytes_max = profile_.output_bytes_max;
    return ending;
}

void Attempt::conclude() {
    const auto outcome = task::decide_outcome(ending());
    if (outcome.status == task::Status::waiting_for_input) return park();
    const bool ended_by_shut_down =
        shutting_down_ && !cancel_requested_ && !timed_out_ && exit_->terminated;
    if (ended_by_shut_down && outcome.status == task::Status::failed)
        return give_back("the worker was shut down");
    finish(outcome);
}

std::string Attempt::usage_json() const {
    boost::json::object usage;
    if (exit_) {
        usage["cpu_user_s"] = static_cast<double>(exit_->user_micros) / 1e6;
        usage["cpu_system_s"] = static_cast<double>(exit_->system_micros) / 1e6;
        usage["max_rss_kib"] = exit_->max_rss_kib;
    }
    if (usage_.cost_usd) usage["cost_usd"] = *usage_.cost_usd;
    if (usage_.input_tokens) usage["input_tokens"] = *usage_.input_tokens;
    if (usage_.output_tokens) usage["output_tokens"] = *usage_.output_tokens;
    return boost::json::serialize(usage);
}

void Attempt::finish(const task::Outcome& outcome) {
    task::Finish finish;
    finish.status = task::name(outcome.status);
    finish.reason = task::name(outcome.reason);
    finish.outcome = finish.status;
    if (!outcome.message.empty()) finish.message = outcome.message;
    if (exit_) {
        finish.exit_code = exit_->exit_code;
        finish.signal = exit_->signal;
    }
    finish.usage = usage_json();
    if (result_ && !result_->json.empty()) finish.result = result_->json;
    if (result_ && !result_->summary.empty()) finish.summary = result_->summary;
    finish.session_id = session_id_;
    if (outcome.status == task::Status::failed)
        finish.retry_after =
            task::next_attempt_after(spec_.retry, claimed_.attempt, outcome.reason, host_.random());
    if (finish.retry_after) finish.status = task::name(task::Status::queued);
    spdlog::info("task {} task={} schedule={} attempt={} reason={} exit_code={} retry_s={} {}",
                 finish.outcome, lease().task_id, claimed_.schedule, claimed_.attempt,
                 finish.reason.empty() ? "-" : finish.reason,
                 finish.exit_code ? std::to_string(*finish.exit_code) : "-",
                 finish.retry_after ? std::to_string(finish.retry_after->count()) : "-",
                 outcome.message);
    host_.store.finish(lease(), std::move(finish), [self = shared_from_this()](task::Write write) {
        if (write == task::Write::lease_lost)
            spdlog::warn("lease lost before the end was stored task={} run={}",
                         self->lease().task_id, self->lease().run_no);
        self->close();
    });
}

void Attempt::finish_unlaunched(const std::string& message) {
    concluding_ = true;
    finish({task::Status::failed, task::Reason::spawn, message});
}

void Attempt::park() {
    host_.store.park(lease(), session_id_, [self = shared_from_this()](task::Parked parked) {
        switch (parked) {
        case task::Parked::parked:
            spdlog::info("task parked task={} schedule={}", self->lease().task_id,
                         self->claimed_.schedule);
            return self->close();
        case task::Parked::answered_first:
            // The answer came while the process was on its way out: the next leg takes it.
            return self->give_back("answered while it was being parked");
        case task::Parked::lease_lost: return self->close();
        }
    });
}

void Attempt::give_back(const std::string& why) {
    spdlog::info("task given back task={} schedule={}: {}", lease().task_id, claimed_.schedule,
                 why);
    host_.store.give_back(lease(), why, session_id_,
                          [self = shared_from_this()] { self->close(); });
}

void Attempt::close() {
    if (std::exchange(closed_, true)) return;
    hold_timer_.cancel();
    linger_timer_.cancel();
    flush_timer_.cancel();
    if (active_time_) active_time_->stand_still();
    // Perhaps we are inside a callback of the process: it goes with the next turn of the loop.
    boost::asio::post(host_.loop, [process = std::shared_ptr(std::move(process_))] {});
    std::error_code ignored; // a directory that stays is found by the next start
    if (!run_directory_.empty()) std::filesystem::remove_all(run_directory_, ignored);
    host_.closed(lease());
}

} // namespace agentcron::engine
