#include "engine/takeovers.hpp"

#include <algorithm>
#include <map>
#include <spdlog/spdlog.h>
#include <utility>

namespace agentcron::engine {
namespace {

// Between two tries to reach a shim that does not answer; each may block for a second.
constexpr base::Millis silent_pause{1000};
constexpr base::Millis silent_pause_max{30'000};

const task::Lease& lease_of(const Remains& remains) {
    return remains.record.claimed.lease;
}

} // namespace

Takeovers::Takeovers(boost::asio::io_context& loop, task::TaskStore& store, TakeOver take_over)
    : store_(store)
    , take_over_(std::move(take_over))
    , backoff_(silent_pause, silent_pause_max)
    , timer_(loop) {}

void Takeovers::begin(std::vector<Remains> remains, Refuse refuse) {
    refuse_ = std::move(refuse);
    if (remains.empty()) return refuse_({});
    std::vector<task::Lease> leases;
    for (const auto& one : remains) leases.push_back(lease_of(one));
    store_.adopt(leases, [this, remains = std::move(remains)](const task::Adoption& adoption) {
        known(remains, adoption);
    });
}

void Takeovers::known(std::vector<Remains> remains, const task::Adoption& adoption) {
    std::map<std::string, task::Adopted> by_token;
    for (const auto& one : adoption.attempts) by_token[one.token] = one;
    std::vector<Remains> refused;
    for (auto& one : remains) {
        const auto& adopted = by_token[lease_of(one).token];
        one.stored_to = adopted.spool_offset;
        if (adopted.is_ours) {
            const auto failed = take_over_(one, adoption.term);
            if (failed) (failed->is_for_now ? silent_ : refused).push_back(std::move(one));
            continue;
        }
        if (!adopted.has_ended)
            spdlog::warn("its lease was lost while no worker ran: ending the agent task={} "
                         "schedule={} run={}",
                         lease_of(one).task_id, one.record.claimed.schedule, lease_of(one).run_no);
        refused.push_back(std::move(one));
    }
    refuse_(std::move(refused));
    if (!silent_.empty()) try_again();
}

void Takeovers::try_again() {
    timer_.expires_after(backoff_.next(std::uniform_real_distribution<>()(random_)));
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        std::vector<Remains> refused;
        for (auto& one : std::exchange(silent_, {}))
            // Its lease is renewed with the others; what it is worth is said by the next renewal.
            if (const auto failed = take_over_(one, {}))
                (failed->is_for_now ? silent_ : refused).push_back(std::move(one));
        if (!refused.empty()) refuse_(std::move(refused));
        if (!silent_.empty()) try_again();
    });
}

void Takeovers::stop() {
    timer_.cancel();
}

std::vector<task::Lease> Takeovers::leases() const {
    std::vector<task::Lease> leases;
    for (const auto& one : silent_) leases.push_back(lease_of(one));
    return leases;
}

void Takeovers::lease_lost(const std::string& token) {
    const auto found = std::find_if(silent_.begin(), silent_.end(), [&](const Remains& one) {
        return lease_of(one).token == token;
    });
    if (found == silent_.end()) return;
    std::vector<Remains> refused{std::move(*found)};
    silent_.erase(found);
    refuse_(std::move(refused));
}

} // namespace agentcron::engine
