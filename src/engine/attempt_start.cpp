// The start of an attempt: what it needs is prepared, then its agent is launched.
#include "base/boot_clock.hpp"
#include "engine/attempt.hpp"
#include "engine/attempt_record.hpp"
#include "engine/context_step.hpp"
#include "engine/setup_step.hpp"
#include "engine/workspace_step.hpp"
#include "task/shortage.hpp"

#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

task::Outcome outcome_of(const process::LaunchError& error) {
    auto words = error.message();
    const auto advice = task::shortage_advice(error.stage, error.error);
    if (!advice.empty()) words += "; " + advice;
    return task::not_launched(error.stage, error.error, std::move(words));
}

} // namespace

Attempt::Attempt(Host host, task::Claimed claimed)
    : host_(std::move(host))
    , claimed_(std::move(claimed))
    , lease_guard_(host_.loop, [this] { lease_may_end(); })
    , total_timer_(host_.loop)
    , hold_timer_(host_.loop)
    , linger_timer_(host_.loop)
    , polite_end_timer_(host_.loop)
    , flush_timer_(host_.loop) {}

void Attempt::start() {
    auto resolved = resolve(claimed_, host_.settings);
    if (!resolved) {
        unlaunched_ = {task::Status::failed, task::Reason::spawn, resolved.error()};
        return conclude_when_stored();
    }
    resolved_ = std::move(*resolved);
    unlaunched_ = over_before_start();
    if (unlaunched_) return conclude_when_stored();
    count_time();
    preparation_ =
        std::make_shared<Preparation>(Prepared{.working_directory = resolved_.working_directory},
                                      steps(), [self = weak_from_this()] {
                                          if (const auto attempt = self.lock()) attempt->prepare();
                                      });
    prepare();
}

// What is known before the agent starts: an attempt may be claimed only to be ended.
std::optional<task::Outcome> Attempt::over_before_start() const {
    if (claimed_.total_left && claimed_.total_left->count() <= 0)
        return task::total_timeout_over(spec_.total_timeout);
    const bool goes_on = spec_.on_input_timeout == task::OnInputTimeout::go_on;
    if (!claimed_.answers.empty() && claimed_.answers.back().expired && !goes_on)
        return task::nobody_answered(spec_.input_timeout);
    if (const auto which = task::no_room_to_start(resolved_.accounts))
        return task::budget_used_up(*which);
    return std::nullopt;
}

// In the order in which they are made; each finds what those before it gave.
std::vector<std::unique_ptr<PreparationStep>> Attempt::steps() {
    std::vector<std::unique_ptr<PreparationStep>> steps;
    // First, for it is quick to say that it cannot be. Also of a leg that resumes: the prompt is
    // rendered for each process.
    if (!spec_.context.empty())
        steps.push_back(
            std::make_unique<ContextStep>(host_.loop, claimed_, host_.settings, resolved_));
    if (profile_.git)
        steps.push_back(std::make_unique<WorkspaceStep>(host_.loop, claimed_, host_.settings,
                                                        resolved_, host_.workspaces));
    // Without a worktree of its own, a leg that resumes finds what the one before it had set up.
    const bool resumes = !claimed_.answers.empty() || claimed_.was_limited;
    if (!profile_.setup.empty() && (profile_.git || !resumes))
        steps.push_back(std::make_unique<SetupStep>(host_.loop, claimed_, host_.settings, resolved_,
                                                    host_.workspaces.store()));
    return steps;
}

// The preparation is work: `timeout` holds for it too.
void Attempt::count_time() {
    begun_ = base::since_boot();
    make_timers();
    active_time_->run();
}

void Attempt::make_timers() {
    using Limit = task::Ending::Limit;
    active_time_.emplace(host_.loop, spec_.timeout, [this] { stop_for(Limit::timeout); });
    stall_time_.emplace(host_.loop, spec_.stall_timeout, [this](auto silence) { silent(silence); });
    if (!claimed_.total_left) return;
    const auto since_claim = std::max(base::Millis(0), base::since_boot() - begun_);
    total_timer_.expires_after(*claimed_.total_left - since_claim);
    total_timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
        const auto attempt = self.lock();
        if (!error && attempt) attempt->stop_for(Limit::total_timeout);
    });
}

// Comes again whenever a step may get further, and when there is room for what it writes.
void Attempt::prepare() {
    if (closed_ || process_) return;
    if (!unlaunched_) {
        bool ended = preparation_->proceed(output_);
        // Of an attempt that lost its lease nothing is stored any more.
        for (; lost_ && !ended && output_.is_full(); ended = preparation_->proceed(output_))
            output_.take();
        if (ended && lost_) return close();
        if (ended) prepared();
    }
    if (process_) return;
    flush_soon();
    conclude_when_stored();
}

void Attempt::prepared() {
    lease_over_ |= lease_guard_.is_over();
    if (cancel_requested_ || shutting_down_ || lease_over_ || limit_ != task::Ending::Limit::none)
        unlaunched_ = task::decide_outcome(ending_before_launch());
    else if (preparation_->failure().empty())
        launch();
    else
        unlaunched_ = task::Outcome{.status = task::Status::failed,
                                    .reason = preparation_->reason(),
                                    .message = preparation_->failure(),
                                    .waits_for_machine = preparation_->waits_for_machine()};
}

void Attempt::launch() {
    auto plan = plan_launch(claimed_, host_.settings, resolved_, preparation_->prepared());
    if (!plan) {
        unlaunched_ = {task::Status::failed, task::Reason::spawn, plan.error()};
        return;
    }
    check_launch_ = std::move(plan->check);
    const AttemptRecord record{
        .claimed = claimed_, .prepared = preparation_->prepared(), .begun = begun_};
    plan->launch.files.push_back({AttemptRecord::file, to_text(record)});
    // The process does not outlive this object, so its callbacks need no guard.
    auto started =
        host_.start_process(claimed_, profile_, *plan,
                            {.readable = [this] { spool_grew(); },
                             .exited = [this](const process::ExitRecord& exit) { exited(exit); }});
    if (!started) {
        unlaunched_ = outcome_of(started.error());
        return;
    }
    process_ = std::move(started->process);
    process_directory_ = std::move(started->run_directory);
    journal_ = std::move(started->journal);
    drop_torn_journal();
    spool_offset_ = started->spool_offset;
    if (started->driver || started->standing) {
        auto of_process = record;
        of_process.started_ahead = started->driver != nullptr;
        of_process.standing = std::move(started->standing);
        // None for one that cannot be taken over: what it was told before is not all written down.
        if (journal_ &&
            !write_run_file(process_directory_, AttemptRecord::file, to_text(of_process)))
            journal_.reset();
    }
    if (started->driver) {
        resolved_.driver = std::move(started->driver);
        note({.kind = JournalEntry::Kind::begin});
    }
    tell_shim_of_lease();
    stall_time_->run();
    spdlog::info("task started task={} schedule={} agent={} attempt={} run={} pid={}",
                 lease().task_id, claimed_.schedule, claimed_.agent, claimed_.attempt,
                 lease().run_no, process_->shim_pid());
    // Before what the steps wrote, but stored behind it.
    for (auto& event : started->said)
        if (auto* output = std::get_if<agent::Output>(&event))
            output->position += preparation_->prepared().output_end;
    take_events(started->said);
    feed(started->first);
    if (const auto meanwhile = std::exchange(signal_meanwhile_, std::nullopt)) signal(*meanwhile);
}

} // namespace agentcron::engine
