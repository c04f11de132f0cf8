#include "db/renewals.hpp"

#include <set>

namespace agentcron::db {

task::Renewal renew_leases(Session& session, const std::string& worker_id, base::Seconds ttl,
                           const std::vector<task::Lease>& leases) {
    task::Renewal renewal;
    session.run("heartbeat", params(worker_id, false));
    renewal.term.has_rivals = boolean_of(session.run("has_rivals", params(worker_id, ttl))[0][0]);
    std::set<std::string> lost;
    for (const auto& lease : leases) lost.insert(lease.token);
    const std::vector<std::string> tokens(lost.begin(), lost.end());
    // Not before: what had to wait until here would seem to be spent of the lease's life.
    renewal.term.sent = base::BootClock::now();
    renewal.term.ttl = ttl;
    for (const auto& row : session.run("renew", params(worker_id, array_text(tokens), ttl))) {
        const auto token = text_of(row["token"]);
        lost.erase(token);
        if (boolean_of(row["renewed"])) renewal.renewed.push_back(token);
    }
    renewal.lost.assign(lost.begin(), lost.end());
    return renewal;
}

} // namespace agentcron::db
