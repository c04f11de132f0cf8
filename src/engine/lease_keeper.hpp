// Keeps the leases of a worker's attempts: renews them all in one statement, and tells each attempt
// what came of it. One renewal at a time: while the database is away, no others pile up behind it.
// Owned by the worker; loop thread.
#pragma once

#include "engine/attempt.hpp"
#include "task/task_store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace agentcron::engine {

class LeaseKeeper {
public:
    using Attempts = std::map<std::string, std::shared_ptr<Attempt>>; // by token

    // `attempts` outlives the keeper.
    LeaseKeeper(task::TaskStore& store, const Attempts& attempts)
        : store_(store), attempts_(attempts) {}

    void renew();
    // Of attempts that were just claimed.
    task::LeaseTerm term_of(const task::ClaimReply& reply) const;

private:
    void renewed(const task::Renewal& renewal);
    std::shared_ptr<Attempt> attempt_of(const std::string& token) const;

    task::TaskStore& store_;
    const Attempts& attempts_;
    bool has_rivals_ = true; // until it is known
    bool renewing_ = false;
    bool renew_again_ = false;
};

} // namespace agentcron::engine
