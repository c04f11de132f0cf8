// The heartbeat of a worker and the renewal of its leases, in one transaction; on a thread of the
// database.
#pragma once

#include "db/database_thread.hpp"
#include "task/task_store.hpp"

#include <string>
#include <vector>

namespace agentcron::db {

// Run again after a lost connection it is sent anew: then the term counts from there.
task::Renewal renew_leases(Session& session, const std::string& worker_id, base::Seconds ttl,
                           const std::vector<task::Lease>& leases);

} // namespace agentcron::db
