// Claiming tasks: the statements around the decision of schedule/admission.hpp.
#pragma once

#include "db/database_thread.hpp"
#include "task/task_store.hpp"

#include <string>
#include <vector>

namespace agentcron::db {

struct ClaimRequest {
    std::string worker_id;
    std::string host;
    base::Seconds lease_ttl{60};
    int count = 1; // 0 and wide: what cannot start is dealt with, nothing starts
    bool wide = true;
    std::vector<std::string> freed;
    std::string floor; // timestamp text; "-infinity": from the start
    int pick_max = 1;  // so much of the queue's head is looked at: few values, each has its plan
};

struct ClaimOutcome {
    task::ClaimReply reply;
    std::optional<base::Instant> first_turn; // of what was picked
    bool all_blocked = false;                // nothing of a full pick could start
    bool left_startable = false;             // more could start than was asked for
};

// Everything in the transaction of `session`.
ClaimOutcome claim_tasks(Session& session, const ClaimRequest& request);

} // namespace agentcron::db
