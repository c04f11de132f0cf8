// The end of an attempt: its process is gone, its output stored, its outcome decided and written.
#include "engine/attempt.hpp"

#include "task/limit_wait.hpp"
#include "task/retry_policy.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

constexpr std::chrono::minutes check_limit{10}; // of one after an agent without a timeout

} // namespace

void Attempt::exited(const process::ExitRecord& record) {
    exit_ = record;
    if (record.stage == "ran") seen_running();
    // It ended by itself before it could be stopped: what was done was done.
    if (!record.terminated && !told_to_end_) limit_ = task::Ending::Limit::none;
    active_time_->stand_still();
    stall_time_->stand_still();
    hold_timer_.cancel();
    linger_timer_.cancel();
    polite_end_timer_.cancel();
    if (lost_) return close();
    readable();
}

void Attempt::conclude_when_stored() {
    const bool output_ended = check_ ? check_->output_ended() : output_ended_ || unlaunched_;
    if (!output_ended || !output_.empty() || writing_output_ || concluding_ || closed_) return;
    if (unlaunched_) {
        concluding_ = true;
        return conclude(*unlaunched_);
    }
    const auto end = ending();
    const auto outcome =
        check_ ? task::decide_outcome(end, check_->ending()) : task::decide_outcome(end);
    if (outcome.status == task::Status::succeeded && check_launch_ && !check_) return start_check();
    concluding_ = true;
    conclude(outcome);
}

// After it the same again: its output is read and stored, then the outcome is decided anew.
void Attempt::start_check() {
    // The agent ended well: what it asked and did not wait for needs no answer.
    while (!open_questions_.empty()) {
        agent::Withdrawn withdrawn{open_questions_.begin()->second};
        take_event(withdrawn);
    }
    tell_of_agent(*check_launch_, result_ ? result_->json : "", exit_->exit_code.value_or(0));
    const auto positions_from = preparation_->prepared().output_end + spool_offset_;
    check_ = std::make_shared<Hook>(host_.loop, *check_launch_, "check", positions_from, [this] {
        if (lost_ && check_->has_ended()) return close();
        readable();
    });
    lease_over_ |= lease_guard_.is_over();
    if (cancel_requested_ || shutting_down_ || lease_over_)
        check_->leave_out();
    else
        check_->start(active_time_->is_limited()
                          ? std::chrono::ceil<base::Millis>(active_time_->left())
                          : base::Millis(check_limit));
    tell_shim_of_lease();
    if (check_->has_ended()) return conclude_when_stored();
    spdlog::info("checking the outcome task={} schedule={} program={}", lease().task_id,
                 claimed_.schedule, check_launch_->argv.front());
}

// Of one that was told to end before its agent was started.
task::Ending Attempt::ending_before_launch() const {
    task::Ending ending;
    ending.terminated = true;
    ending.limit = limit_;
    ending.lease_over = lease_over_;
    ending.cancel_requested = cancel_requested_;
    ending.cancel_reason = cancel_reason_;
    ending.timeout = spec_.timeout;
    ending.total_timeout = spec_.total_timeout;
    ending.input_timeout = spec_.input_timeout;
    return ending;
}

task::Ending Attempt::ending() const {
    const auto& record = *exit_;
    auto ending = ending_before_launch();
    ending.stage = record.stage;
    ending.error = record.error;
    ending.exit_code = record.exit_code;
    ending.signal = record.signal;
    ending.deadline_hit = record.deadline_hit;
    ending.output_limit_hit = record.output_limit_hit;
    ending.memory_limit_hit = record.oom_kills > 0;
    const auto verdict = driver_->finish(
        {record.exit_code, record.signal, record.terminated, spec_.success.exit_codes});
    // One that was told to end by its protocol, and was done all the same, was not stopped.
    const bool stopped =
        record.terminated || (told_to_end_ && verdict.kind != agent::Verdict::Kind::succeeded);
    ending.lease_over |= record.lease_over;
    ending.terminated = (stopped || record.lease_over) && !lingered_;
    ending.limit = stopped || check_ ? limit_ : task::Ending::Limit::none;
    switch (verdict.kind) {
    case agent::Verdict::Kind::succeeded: ending.verdict = task::Ending::Verdict::succeeded; break;
    case agent::Verdict::Kind::failed: ending.verdict = task::Ending::Verdict::failed; break;
    case agent::Verdict::Kind::asked_and_left:
        ending.verdict = task::Ending::Verdict::asked_and_left;
        break;
    case agent::Verdict::Kind::limited: ending.verdict = task::Ending::Verdict::limited; break;
    case agent::Verdict::Kind::login_needed:
        ending.verdict = task::Ending::Verdict::login_needed;
        break;
    }
    ending.limited_until = verdict.until;
    ending.limit_waits = claimed_.limit_waits;
    ending.max_limit_waits = spec_.max_limit_waits;
    ending.agent = claimed_.agent;
    ending.account = host_.settings.account;
    ending.unblock_with = claimed_.schedule.empty()
                              ? fmt::format("agentcron retry {}", lease().task_id)
                              : fmt::format("agentcron resume {}", claimed_.schedule);
    ending.verdict_reason = verdict.reason;
    ending.verdict_message = verdict.message;
    ending.session_is_gone = verdict.session_is_gone;
    ending.may_begin_anew = !claimed_.goes_on;
    ending.continues = claimed_.continues;
    ending.has_result = result_ && !result_->json.empty() && result_->json != "null";
    ending.result_required = spec_.success.result;
    ending.question_open = !open_questions_.empty();
    ending.program = profile_.command.empty() ? "" : profile_.command.front();
    ending.working_directory = preparation_->prepared().working_directory.string();
    ending.silent_for = silent_for_;
    ending.over_budget = over_budget_;
    ending.output_bytes_max = profile_.output_bytes_max;
    ending.memory_bytes_max = profile_.memory_bytes_max;
    return ending;
}

void Attempt::conclude(const task::Outcome& outcome) {
    if (outcome.status == task::Status::waiting_for_input) return park();
    if (outcome.begins_anew) return give_back(outcome.message, true);
    if (outcome.waits_for_machine) {
        host_.could_not_start(outcome.message);
        return give_back(outcome.message);
    }
    const bool told_to_end =
        unlaunched_ || (check_ ? check_->ending().terminated : exit_->terminated);
    if (shutting_down_ && told_to_end && outcome.reason == task::Reason::lost)
        return give_back("the worker was shut down");
    if (outcome.reason == task::Reason::lost && spec_.on_lost == task::OnLost::ask)
        return ask_after_loss(outcome.message);
    finish(outcome);
}

std::string Attempt::usage_json() const {
    boost::json::object usage;
    if (exit_ && exit_->max_rss_kib > 0) { // not of a request: its process goes on
        usage["cpu_user_s"] = static_cast<double>(exit_->user_micros) / 1e6;
        usage["cpu_system_s"] = static_cast<double>(exit_->system_micros) / 1e6;
        usage["max_rss_kib"] = exit_->max_rss_kib;
    }
    if (usage_.cost_usd) usage["cost_usd"] = *usage_.cost_usd;
    if (usage_.input_tokens) usage["input_tokens"] = *usage_.input_tokens;
    if (usage_.output_tokens) usage["output_tokens"] = *usage_.output_tokens;
    if (usage_.turns) usage["turns"] = *usage_.turns;
    return boost::json::serialize(usage);
}

void Attempt::finish(const task::Outcome& outcome) {
    task::Finish finish;
    finish.status = task::name(outcome.status);
    finish.reason = task::name(outcome.reason);
    finish.outcome = finish.status;
    std::string message = outcome.message;
    if (!claimed_.lost_session.empty()) {
        const auto lost = fmt::format("its conversation {} could not be opened again, so a new one "
                                      "was begun",
                                      claimed_.lost_session);
        message = message.empty() ? lost : fmt::format("{}; {}", message, lost);
    }
    if (!message.empty()) finish.message = message;
    if (exit_) {
        finish.exit_code = exit_->exit_code;
        finish.signal = exit_->signal;
    }
    finish.usage = usage_json();
    if (result_ && !result_->json.empty()) finish.result = result_->json;
    if (result_ && !result_->summary.empty()) finish.summary = result_->summary;
    finish.session_id = session_id_;
    const bool stays_lost =
        outcome.reason == task::Reason::lost && spec_.on_lost == task::OnLost::fail;
    if (outcome.status == task::Status::failed && outcome.may_retry && !stays_lost)
        finish.retry_after = task::next_attempt_after(spec_.retry, claimed_.attempt, outcome.reason,
                                                      finish.exit_code, host_.random());
    if (finish.retry_after) finish.status = task::name(task::Status::queued);
    // A scheduler pauses what needs a person.
    claimed_.watched |= outcome.reason == task::Reason::auth;
    if (outcome.status == task::Status::blocked)
        finish.limit = {outcome.until, task::after_limit(host_.random()),
                        task::pause_at_limit(claimed_.limit_waits, host_.random())};
    spdlog::info("task {} task={} schedule={} attempt={} reason={} exit_code={} retry_ms={} {}",
                 finish.outcome, lease().task_id, claimed_.schedule, claimed_.attempt,
                 finish.reason.empty() ? "-" : finish.reason,
                 finish.exit_code ? std::to_string(*finish.exit_code) : "-",
                 finish.retry_after ? std::to_string(finish.retry_after->count()) : "-", message);
    host_.store.finish(lease(), std::move(finish), [self = shared_from_this()](task::Write write) {
        if (write == task::Write::lease_lost)
            spdlog::warn("lease lost before the end was stored task={} run={}",
                         self->lease().task_id, self->lease().run_no);
        self->close();
    });
}

void Attempt::park() {
    host_.store.park(lease(), {session_id_, usage_json()},
                     [self = shared_from_this()](task::Parked parked) {
                         switch (parked) {
                         case task::Parked::parked:
                             spdlog::info("task parked task={} schedule={}", self->lease().task_id,
                                          self->claimed_.schedule);
                             return self->close();
                         case task::Parked::answered_first:
                             // The answer came while the process was on its way out: the next leg
                             // takes it.
                             return self->give_back("answered while it was being parked");
                         case task::Parked::lease_lost: return self->close();
                         }
                     });
}

void Attempt::give_back(const std::string& why, bool session_is_gone) {
    spdlog::info("task given back task={} schedule={}: {}", lease().task_id, claimed_.schedule,
                 why);
    host_.store.give_back(lease(), why, {session_id_, usage_json(), session_is_gone},
                          [self = shared_from_this()] { self->close(); });
}

void Attempt::ask_after_loss(const std::string& why) {
    spdlog::warn("task lost, asking what to do task={} schedule={}: {}", lease().task_id,
                 claimed_.schedule, why);
    host_.store.lost(lease(), why, {session_id_, usage_json()},
                     [self = shared_from_this()] { self->close(); });
}

void Attempt::close() {
    if (std::exchange(closed_, true)) return;
    release();
    std::error_code ignored; // a directory that stays is found by the next start
    for (const auto& directory : {resolved_.run_directory, process_directory_})
        if (!directory.empty()) std::filesystem::remove_all(directory, ignored);
    if (check_) std::filesystem::remove_all(check_launch_->run_directory, ignored);
    if (claimed_.watched) host_.noted();
    host_.closed(lease());
}

// Nothing of it acts any more.
void Attempt::release() {
    lease_guard_.stop();
    hold_timer_.cancel();
    linger_timer_.cancel();
    polite_end_timer_.cancel();
    flush_timer_.cancel();
    total_timer_.cancel();
    if (active_time_) active_time_->stand_still();
    if (stall_time_) stall_time_->stand_still();
    // Perhaps we are inside a callback of one of these: it goes with the next turn of the loop.
    boost::asio::post(host_.loop, [process = std::shared_ptr(std::move(process_)), check = check_,
                                   preparation = preparation_] {});
}

} // namespace agentcron::engine
