#include "engine/worker.hpp"

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

// How often a claim looks below its floor: rows may appear there, rarely.
constexpr base::Millis wide_claim_every{1000};

} // namespace

Worker::Worker(boost::asio::io_context& loop, task::TaskStore& store, WorkerSettings settings)
    : loop_(loop)
    , store_(store)
    , settings_(std::move(settings))
    , claim_timer_(loop)
    , heartbeat_timer_(loop) {}

void Worker::start() {
    heartbeat();
    claim();
}

void Worker::wake() {
    claim();
}

int Worker::free_slots() const {
    int used = 0;
    for (const auto& [token, attempt] : attempts_) used += attempt->holds_slot();
    return settings_.slots - used;
}

void Worker::claim() {
    if (stopped_) return;
    if (claiming_) {
        claim_again_ = true;
        return;
    }
    const int free = free_slots();
    if (free <= 0) return; // a freed slot claims
    const auto now = std::chrono::steady_clock::now();
    const bool wide = now - last_wide_claim_ >= wide_claim_every;
    if (wide) last_wide_claim_ = now;
    claiming_ = true;
    claim_again_ = false;
    store_.claim(free, wide,
                 [this, wide](task::ClaimReply reply) { claimed(std::move(reply), wide); });
}

void Worker::claimed(task::ClaimReply reply, bool looked_wide) {
    claiming_ = false;
    for (auto& task : reply.tasks) {
        const Attempt::Host host{
            .loop = loop_,
            .store = store_,
            .settings = settings_.launch,
            .random = [this] { return std::uniform_real_distribution<>()(random_); },
            .slots_changed = [this] { claim(); },
            .closed = [this](const task::Lease& lease) { closed(lease.token); }};
        auto attempt = std::make_shared<Attempt>(host, std::move(task));
        attempts_[attempt->lease().token] = attempt;
        attempt->start();
        // It came after the stop was asked for: it ends as the others do.
        if (stopped_) attempt->shut_down();
    }
    if (stopped_) {
        if (attempts_.empty()) boost::asio::post(loop_, stopped_);
        return;
    }
    if (reply.more || claim_again_) return claim();
    arm_claim_timer(reply, looked_wide);
}

void Worker::arm_claim_timer(const task::ClaimReply& reply, bool looked_wide) {
    // Below the floor may be older tasks of a lower priority, or of a fire time long ago.
    base::Millis pause = looked_wide ? base::Millis(settings_.slow_poll) : wide_claim_every;
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
    boost::asio::post(loop_, [this, token, attempt = attempts_[token]] {
        attempts_.erase(token);
        if (!stopped_) return claim();
        if (attempts_.empty() && !claiming_) stopped_();
    });
}

void Worker::heartbeat() {
    std::vector<task::Lease> leases;
    for (const auto& [token, attempt] : attempts_) leases.push_back(attempt->lease());
    store_.renew(leases, [this](const std::vector<std::string>& lost) {
        for (const auto& token : lost)
            if (const auto found = attempts_.find(token); found != attempts_.end())
                found->second->lease_lost();
    });
    look_for_signals();
    rescue();
    heartbeat_timer_.expires_after(base::Millis(settings_.lease_ttl) / 3);
    heartbeat_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) heartbeat();
    });
}

void Worker::rescue() {
    store_.rescue([this](int rescued) {
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

void Worker::reconnected() {
    last_wide_claim_ = {};
    look_for_signals();
    claim();
}

void Worker::stop(std::function<void()> stopped) {
    if (stopped_) return;
    stopped_ = std::move(stopped);
    claim_timer_.cancel();
    const auto attempts = attempts_;
    for (const auto& [token, attempt] : attempts) attempt->shut_down();
    if (attempts_.empty() && !claiming_) boost::asio::post(loop_, stopped_);
}

void Worker::hurry() {
    const auto attempts = attempts_;
    for (const auto& [token, attempt] : attempts) attempt->kill();
}

} // namespace agentcron::engine
