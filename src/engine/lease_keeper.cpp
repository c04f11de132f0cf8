#include "engine/lease_keeper.hpp"

#include <utility>

namespace agentcron::engine {

void LeaseKeeper::renew() {
    if (std::exchange(renewing_, true)) {
        renew_again_ = true;
        return;
    }
    auto leases = takeovers_.leases();
    for (const auto& [token, attempt] : attempts_) leases.push_back(attempt->lease());
    store_.renew(leases, [this](const std::optional<task::Renewal>& renewal) {
        renewing_ = false;
        if (renewal) renewed(*renewal);
        // It did not know of what was claimed while it waited.
        if (std::exchange(renew_again_, false)) renew();
    });
}

void LeaseKeeper::renewed(const task::Renewal& renewal) {
    has_rivals_ = renewal.term.has_rivals;
    for (const auto& token : renewal.renewed)
        if (const auto attempt = attempt_of(token)) attempt->lease_renewed(renewal.term);
    for (const auto& token : renewal.lost) {
        takeovers_.lease_lost(token);
        if (const auto attempt = attempt_of(token)) attempt->lease_lost();
    }
}

task::LeaseTerm LeaseKeeper::with_rivals(task::LeaseTerm term) const {
    term.has_rivals = has_rivals_;
    return term;
}

std::shared_ptr<Attempt> LeaseKeeper::attempt_of(const std::string& token) const {
    const auto found = attempts_.find(token);
    return found == attempts_.end() ? nullptr : found->second;
}

} // namespace agentcron::engine
