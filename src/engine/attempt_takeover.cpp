// An attempt that an earlier daemon began: another driver is told all that its driver heard, from
// the spool and from the journal, and stands where it stood. What was done then is not done twice:
// output before `stored_to` is in the store, bytes that the shim has recorded were fed, and the
// store takes a question, an answer, a session that it has already as done.
#include "agent/ahead.hpp"
#include "base/boot_clock.hpp"
#include "base/json_members.hpp"
#include "engine/attempt.hpp"
#include "engine/recorded.hpp"
#include "task/shortage.hpp"

#include <boost/asio/post.hpp>
#include <boost/json.hpp>
#include <cerrno>
#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

namespace json = boost::json;
using Kind = JournalEntry::Kind;
using Limit = task::Ending::Limit;

// By the wall clock, which may have been set since: an upper bound comes from the time since boot.
base::Millis silence_before(base::Instant heard_at) {
    const auto silence = base::SystemClock().now() - heard_at;
    return std::max(base::Millis(0), std::chrono::floor<base::Millis>(silence));
}

} // namespace

Attempt::Attempt(Host host, Remains remains) : Attempt(std::move(host), remains.record.claimed) {
    retelling_.emplace(Retelling{.remains = std::move(remains)});
}

std::optional<Attempt::NotTakenOver> Attempt::take_over() {
    const auto& remains = retelling_->remains;
    auto settings = host_.settings;
    settings.run_root = remains.directory.parent_path();
    auto resolved = resolve(claimed_, settings, EnvFile::may_be_gone);
    if (!resolved) return NotTakenOver{resolved.error()};
    resolved_ = std::move(*resolved);
    preparation_ = std::make_shared<Preparation>(
        remains.record.prepared, std::vector<std::unique_ptr<PreparationStep>>{}, [] {});
    auto plan = plan_launch(claimed_, settings, resolved_, preparation_->prepared());
    if (!plan) return NotTakenOver{plan.error()};
    check_launch_ = std::move(plan->check);
    if (remains.record.started_ahead) {
        resolved_.driver = agent::make_driver(*claimed_.driver);
        agent::start_ahead(*resolved_.driver, agent::setting_of(plan->brief));
    }
    auto adopted = adopt_process(*plan);
    if (!adopted) {
        const auto& error = adopted.error();
        return NotTakenOver{error.message(), error.error == ETIMEDOUT ||
                                                 task::is_shortage(error.stage, error.error)};
    }
    retelling_->brief = std::move(plan->brief);
    process_ = std::move(adopted->process);
    process_directory_ = remains.directory;
    fed_before_ = adopted->fed_bytes;
    stored_to_ = remains.stored_to;
    begun_ = remains.record.begun;
    retelling_->since = begun_;
    make_timers();
    spdlog::info("task taken over task={} schedule={} agent={} attempt={} run={} pid={}",
                 lease().task_id, claimed_.schedule, claimed_.agent, claimed_.attempt,
                 lease().run_no, process_->shim_pid());
    // What the store said in a transaction that is on its disk is there too.
    if (profile_.when_full == agent::Profile::WhenFull::block) tell_shim_of_stored(stored_to_);
    feed(adopted->first);
    readable();
    return std::nullopt;
}

base::Result<Started, process::LaunchError> Attempt::adopt_process(const LaunchPlan& plan) {
    const auto& remains = retelling_->remains;
    process::AgentProcess::Events events{.readable = [this] { spool_grew(); },
                                         .exited =
                                             [this](const process::ExitRecord& record) {
                                                 if (retelling_)
                                                     retelling_->exit = record;
                                                 else
                                                     exited(record);
                                             }};
    if (remains.record.standing)
        return host_.resume_request(remains, profile_, plan, std::move(events));
    auto process =
        process::AgentProcess::adopt(host_.loop, remains.directory, 0, std::move(events));
    if (!process) return process.error();
    Started started;
    started.process = std::move(*process);
    started.fed_bytes = recorded_in(remains.directory).fed_bytes;
    return started;
}

// Whatever the driver was told when the spool had been read as far as it is now.
void Attempt::retell() {
    while (retelling_ && retelling_->next < retelling_->remains.journal.size()) {
        const auto& entry = retelling_->remains.journal[retelling_->next];
        if (entry.at > spool_offset_) return;
        ++retelling_->next;
        retell(entry);
    }
    if (retelling_) retold();
}

void Attempt::retell(const JournalEntry& entry) {
    auto& time = *retelling_;
    switch (entry.kind) {
    case Kind::begin: {
        auto* const ahead = agent::starts_ahead(*driver_);
        if (const auto first = ahead ? ahead->begin(retelling_->brief) : std::nullopt) feed(*first);
        return;
    }
    case Kind::after_events: return feed(driver_->after_events());
    case Kind::answer:
    case Kind::no_answer:
        return deliver({.question_id = entry.number,
                        .native_id = entry.name,
                        .text = entry.text,
                        .expired = entry.kind == Kind::no_answer});
    case Kind::message: return deliver(task::Signal::Message{entry.number, entry.text});
    case Kind::end: set_facts(entry.text); return end_process();
    case Kind::idle:
    case Kind::active:
        if (time.is_active) time.spent += entry.boot - time.since;
        time.is_active = entry.kind == Kind::active;
        time.since = entry.boot;
        return;
    }
}

// From here on it lives: its timers go on where they stood.
void Attempt::retold() {
    const auto now = base::since_boot();
    const auto retelling = std::move(*retelling_);
    retelling_.reset();
    journal_.emplace(process_directory_);
    drop_torn_journal();
    if (fed_before_ != 0) {
        spdlog::error("what was told to the agent does not fit what it was fed; ending it task={} "
                      "run={}",
                      lease().task_id, lease().run_no);
        fed_before_ = 0;
        shutting_down_ = false;
        process_->kill();
    }
    // A machine that was started anew counts from 0 again; nothing of before it lives.
    const auto since = std::max(base::Millis(0), now - retelling.since);
    const bool active = open_questions_.empty();
    auto spent = retelling.spent;
    if (retelling.is_active) spent += since;
    active_time_->spend(std::max(base::Millis(0), spent));
    count_active_time(active);
    if (active) stall_time_->been_silent(std::min(silence_before(retelling.heard_at), since));
    if (!active && !parking_) {
        const auto held = retelling.is_active ? base::Millis(0) : since;
        hold_for(std::max(base::Millis(0), base::Millis(spec_.hold) - held));
    }
    if (retelling.exit)
        boost::asio::post(host_.loop, [self = shared_from_this(), record = *retelling.exit] {
            if (!self->closed_) self->exited(record);
        });
    if (const auto meanwhile = std::exchange(signal_meanwhile_, std::nullopt)) signal(*meanwhile);
}

// Why it is to end, for the journal and back.
std::string Attempt::facts() const {
    return json::serialize(json::object{{"parking", parking_},
                                        {"limit", static_cast<int>(limit_)},
                                        {"silent_for_s", silent_for_.count()},
                                        {"over_budget", over_budget_},
                                        {"cancel", cancel_requested_},
                                        {"cancel_reason", task::name(cancel_reason_)},
                                        {"shutting_down", shutting_down_},
                                        {"lingered", lingered_}});
}

void Attempt::set_facts(std::string_view text) {
    boost::system::error_code malformed;
    const auto value = json::parse(text, malformed);
    const auto* object = malformed ? nullptr : value.if_object();
    if (!object) return;
    base::JsonMembers facts(*object);
    std::uint64_t limit = 0;
    std::string cancel_reason;
    facts.read("parking", parking_);
    facts.read("limit", limit);
    facts.read("silent_for_s", silent_for_);
    facts.read("over_budget", over_budget_);
    facts.read("cancel", cancel_requested_);
    facts.read("cancel_reason", cancel_reason);
    facts.read("shutting_down", shutting_down_);
    facts.read("lingered", lingered_);
    if (limit <= static_cast<std::uint64_t>(Limit::budget)) limit_ = static_cast<Limit>(limit);
    if (const auto reason = task::reason_from(cancel_reason)) cancel_reason_ = *reason;
}

void Attempt::abandon() {
    closed_ = true;
    process_.reset();
    release();
}

// Its agent goes on under its shim, for the next daemon of this machine. False: there is none that
// could, or it is about to end anyway.
bool Attempt::detach() {
    const bool may_be_left = process_ && journal_ && !exit_ && !check_ && !told_to_end_ && !lost_ &&
                             !lease_over_ && !concluding_ && !closed_;
    if (!may_be_left) return false;
    spdlog::info("leaving an agent to the next start task={} schedule={} run={}", lease().task_id,
                 claimed_.schedule, lease().run_no);
    closed_ = true;
    release();
    host_.closed(lease());
    return true;
}

} // namespace agentcron::engine
