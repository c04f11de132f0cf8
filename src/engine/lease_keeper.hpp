// Keeps the leases of a worker's attempts: renews them all in one statement, and tells each attempt
// what came of it. One renewal at a time: while the database is away, no others pile up behind it.
// Owned by the worker; loop thread.
#pragma once

#include "engine/attempt.hpp"
#include "engine/takeovers.hpp"
#include "task/task_store.hpp"

#include <map>
#include <memory>
#include <string>

namespace agentcron::engine {

class LeaseKeeper {
public:
    using Attempts = std::map<std::string, std::shared_ptr<Attempt>>; // by token

    // What is referred to outlives the keeper.
    LeaseKeeper(task::TaskStore& store, const Attempts& attempts, Takeovers& takeovers)
        : store_(store), attempts_(attempts), takeovers_(takeovers) {}

    void renew();
    // The term of leases that were just won, with what is known of rivals.
    task::LeaseTerm with_rivals(task::LeaseTerm term) const;

private:
    void renewed(const task::Renewal& renewal);
    std::shared_ptr<Attempt> attempt_of(const std::string& token) const;

    task::TaskStore& store_;
    const Attempts& attempts_;
    Takeovers& takeovers_;
    bool has_rivals_ = true; // until it is known
    bool renewing_ = false;
    bool renew_again_ = false;
};

} // namespace agentcron::engine
