#include "engine/worker.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

// How often a claim looks below its floor: rows may appear there, rarely.
constexpr base::Millis wide_claim_every{1000};
// A rival decides on the tasks of a key in a few milliseconds.
constexpr base::Millis contended_poll{20};

} // namespace

Worker::Worker(boost::asio::io_context& loop, task::TaskStore& store,
               task::WorkspaceStore& workspaces, WorkerSettings settings)
    : loop_(loop)
    , store_(store)
    , settings_(std::move(settings))
    , workspaces_(loop, workspaces, settings_.launch)
    , warm_({.loop = loop,
             .store = store,
             .settings = settings_.launch,
             .free_slots = [this] { return free_slots(); },
             .emptied = [this] { perhaps_stopped(); }},
            settings_.warm_linger)
    , takeovers_(loop, store,
                 [this](const Remains& remains, const task::LeaseTerm& term) {
                     return take_over(remains, term);
                 })
    , pause_timer_(loop)
    , claim_timer_(loop)
    , heartbeat_timer_(loop) {}

Worker::~Worker() {
    // What is still on its way to one of them may outlive this object.
    for (const auto& [token, attempt] : attempts_) attempt->abandon();
}

void Worker::start() {
    started_ = true;
    heartbeat();
    claim();
    warm_.look();
}

void Worker::wake(bool anywhere) {
    if (anywhere) last_wide_claim_ = {};
    claim();
}

void Worker::settle() {
    settle_ = true;
    wake(true);
}

int Worker::free_slots() const {
    int used = 0;
    for (const auto& [token, attempt] : attempts_) used += attempt->holds_slot();
    return settings_.slots - used - takeovers_.count();
}

Attempt::Host Worker::host() {
    return {.loop = loop_,
            .store = store_,
            .workspaces = workspaces_,
            .settings = settings_.launch,
            .start_process =
                [this](const task::Claimed& claimed, const agent::Profile& profile,
                       const LaunchPlan& plan, process::AgentProcess::Events events) {
                    return warm_.start(claimed, profile, plan, std::move(events));
                },
            .resume_request =
                [this](const Remains& remains, const agent::Profile& profile,
                       const LaunchPlan& plan, process::AgentProcess::Events events) {
                    return warm_.take_over(remains, profile, plan, std::move(events));
                },
            .random = [this] { return std::uniform_real_distribution<>()(random_); },
            .slots_changed =
                [this](const Attempt& attempt) {
                    free_keys(attempt);
                    if (stopped_) stop_later(attempt.lease().token); // perhaps it asks
                    claim();
                    warm_.slots_changed();
                },
            .could_start = [this] { could_start(); },
            .could_not_start = [this](const std::string& why) { could_not_start(why); },
            .noted = settings_.noted,
            .closed = [this](const task::Lease& lease) { closed(lease.token); }};
}

std::optional<Attempt::NotTakenOver> Worker::take_over(const Remains& remains,
                                                       const task::LeaseTerm& term) {
    auto attempt = std::make_shared<Attempt>(host(), remains);
    const auto& lease = attempt->lease();
    attempts_[lease.token] = attempt;
    if (auto failed = attempt->take_over()) {
        attempts_.erase(lease.token);
        spdlog::error("cannot be taken over{} task={} run={}: {}", failed->is_for_now ? " yet" : "",
                      lease.task_id, lease.run_no, failed->why);
        return failed;
    }
    // One that was silent hears of it with the next renewal.
    if (term.ttl.count() > 0) attempt->lease_renewed(leases_.with_rivals(term));
    if (stopped_) stop(*attempt);
    return std::nullopt;
}

void Worker::claim() {
    if (!started_) return;
    if (claiming_) {
        claim_again_ = true;
        return;
    }
    const auto now = std::chrono::steady_clock::now();
    const int count = stopped_ ? 0 : pause_.allowed(std::max(0, free_slots()), now);
    // A freed slot claims, and so does the end of a pause.
    if (count == 0 && freed_.empty() && !settle_) return;
    settle_ = false;
    const bool wide = now - last_wide_claim_ >= wide_claim_every;
    if (wide) last_wide_claim_ = now;
    claiming_ = true;
    claim_again_ = false;
    const Asked asked{count, wide, std::exchange(freed_, {})};
    store_.claim(count, wide, {asked.freed.begin(), asked.freed.end()},
                 [this, asked](task::ClaimReply reply) { claimed(std::move(reply), asked); });
}

void Worker::claimed(task::ClaimReply reply, const Asked& asked) {
    claiming_ = false;
    // What held a task back may have ended while it was being held: one more look settles it, for
    // an end that comes after that look finds the task held.
    for (const auto& key : reply.held)
        if (!asked.freed.contains(key)) freed_.insert(key);
    // Who was let go and did not start leaves the room to the next one in line.
    freed_.insert(reply.not_used.begin(), reply.not_used.end());
    const auto term = leases_.with_rivals(reply.term);
    for (auto& task : reply.tasks) {
        auto attempt = std::make_shared<Attempt>(host(), std::move(task));
        attempts_[attempt->lease().token] = attempt;
        attempt->start();
        attempt->lease_renewed(term);
        if (stopped_) stop(*attempt); // it came after that was asked for
    }
    if (stopped_) {
        if (!freed_.empty()) return claim();
        return perhaps_stopped();
    }
    if (pause_.claimed(static_cast<int>(reply.tasks.size()), asked.count))
        spdlog::info("agents can be started again");
    if (reply.more || claim_again_ || !freed_.empty()) return claim();
    arm_claim_timer(reply, asked.wide);
}

void Worker::could_start() {
    if (pause_.could_start()) claim();
}

void Worker::could_not_start(const std::string& why) {
    const auto random = std::uniform_real_distribution<>()(random_);
    if (pause_.could_not_start(std::chrono::steady_clock::now(), random))
        spdlog::warn("this machine cannot start an agent, so tasks wait until it can: {}", why);
    pause_timer_.expires_at(pause_.until());
    pause_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) claim();
    });
}

void Worker::arm_claim_timer(const task::ClaimReply& reply, bool looked_wide) {
    // Below the floor may be older tasks of a lower priority, or of a fire time long ago.
    base::Millis pause = looked_wide ? base::Millis(settings_.slow_poll) : wide_claim_every;
    if (reply.contended) pause = contended_poll;
    if (reply.next_ready_at)
        // Rounded up: a claim that comes a moment early would find nothing and come again.
        pause =
            std::clamp(std::chrono::ceil<base::Millis>(*reply.next_ready_at - reply.database_now),
                       base::Millis(1), pause);
    claim_timer_.expires_after(pause);
    claim_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) claim();
    });
}

void Worker::closed(const std::string& token) {
    // The attempt is still on the stack: it goes with the next turn of the loop.
    boost::asio::post(
        loop_, [this, alive = std::weak_ptr(alive_), token, attempt = attempts_[token]] {
            if (alive.expired()) return;
            attempts_.erase(token);
            free_keys(*attempt);
            if (attempt->has_run()) pause_.made_room();
            claim();
            warm_.slots_changed();
            workspaces_.look();
            // An answer may have been held back because this one ran.
            const auto waits = [](const auto& other) { return !other.second->holds_slot(); };
            if (std::any_of(attempts_.begin(), attempts_.end(), waits)) look_for_signals();
            perhaps_stopped();
        });
}

void Worker::free_keys(const Attempt& attempt) {
    freed_.insert(attempt.keys().begin(), attempt.keys().end());
}

void Worker::perhaps_stopped() {
    if (!stopped_ || !attempts_.empty() || claiming_ || !warm_.empty()) return;
    if (!std::exchange(said_stopped_, true)) workspaces_.stop(stopped_);
}

// Where it is full, those who run are held back by their shims, of which nobody tells.
void Worker::look_at_disk() {
    const auto& path = settings_.launch.run_root;
    const auto room = base::disk_room(path);
    const auto news = room ? disk_.look(*room) : std::nullopt;
    if (!news) return;
    switch (*news) {
    case DiskWatch::News::read_only:
        return spdlog::warn("the disk of {} is read-only: agents that write wait, and no other is "
                            "started, until it is mounted writable",
                            path.string());
    case DiskWatch::News::full:
        return spdlog::warn("the disk of {} is full, {} KiB{} are free: agents that write wait "
                            "until there is room; make some",
                            path.string(), room->bytes / 1024,
                            room->files ? fmt::format(" and {} files", *room->files) : "");
    case DiskWatch::News::has_room:
        return spdlog::info("the disk of {} has room again", path.string());
    }
}

void Worker::heartbeat() {
    look_at_disk();
    leases_.renew();
    look_for_signals();
    rescue();
    heartbeat_timer_.expires_after(base::Millis(settings_.lease_ttl) / 3);
    heartbeat_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) heartbeat();
    });
}

void Worker::rescue() {
    workspaces_.look();
    if (std::exchange(rescuing_, true)) return;
    store_.rescue([this](int rescued) {
        rescuing_ = false;
        if (rescued == 0) return;
        spdlog::warn("rescued tasks of workers that stopped renewing count={}", rescued);
        claim();
    });
}

void Worker::look_for_signals() {
    if (looking_) {
        look_again_ = true;
        return;
    }
    if (attempts_.empty()) return;
    looking_ = true;
    look_again_ = false;
    store_.signals([this](const std::vector<task::Signal>& signals) {
        looking_ = false;
        for (const auto& signal : signals) {
            const auto found = attempts_.find(signal.lease.token);
            if (found == attempts_.end()) continue;
            const auto attempt = found->second; // signal() may close it
            attempt->signal(signal);
        }
        if (look_again_) look_for_signals();
    });
}

void Worker::look_for_rivals() {
    if (started_) leases_.renew();
}

void Worker::reconnected() {
    if (!started_) return;
    last_wide_claim_ = {};
    look_for_signals();
    claim();
    warm_.look();
}

void Worker::stop(Stop how, std::function<void()> stopped) {
    if (stopped_ && how <= stop_) return;
    stop_ = how;
    if (!stopped_) stopped_ = std::move(stopped);
    claim_timer_.cancel();
    pause_timer_.cancel();
    takeovers_.stop();
    // A last full life for the leases that the next start takes back.
    if (how == Stop::detach) leases_.renew();
    const auto attempts = attempts_;
    for (const auto& [token, attempt] : attempts) stop(*attempt);
    warm_.stop();
    perhaps_stopped();
}

// Not from inside its own call.
void Worker::stop_later(const std::string& token) {
    boost::asio::post(loop_, [this, alive = std::weak_ptr(alive_), token] {
        if (alive.expired()) return;
        const auto found = attempts_.find(token);
        if (found == attempts_.end()) return;
        const auto attempt = found->second; // it may close
        stop(*attempt);
    });
}

void Worker::stop(Attempt& attempt) {
    if (stop_ == Stop::detach && attempt.detach()) return;
    // Who waits for a person holds up no drain: it is parked.
    if (stop_ == Stop::drain && attempt.holds_slot()) return;
    attempt.shut_down();
}

void Worker::hurry() {
    const auto attempts = attempts_;
    for (const auto& [token, attempt] : attempts) attempt->kill();
    warm_.kill();
    workspaces_.kill();
}

} // namespace agentcron::engine
