// What work may cost: budgets, what was used of them, and when they are used up. Pure.
#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace agentcron::task {

struct Amounts {
    double cost_usd = 0;
    std::int64_t turns = 0;  // answers of the model
    std::int64_t tokens = 0; // input and output
};

struct Budget { // nullopt: no limit
    std::optional<double> cost_usd;
    std::optional<std::int64_t> turns;
    std::optional<std::int64_t> tokens;
};

// {"cost_usd","turns","tokens"}; other members are ignored.
base::Result<Budget, std::string> budget_from(const boost::json::object& object);
boost::json::object to_object(const Budget& budget);

// A budget, and what was used of it before this attempt.
struct Account {
    std::string of; // "its budget", "the budget of its schedule for 2026-12-01"
    Budget budget;
    Amounts spent;
};

// "its budget of 1.50 USD is used up (1.62)", of the first account that has no room for a start.
std::optional<std::string> no_room_to_start(const std::vector<Account>& accounts);
// The same for an attempt that runs and has used so much itself: what is used up exactly lets it
// go on.
std::optional<std::string> over_budget(const std::vector<Account>& accounts, const Amounts& used);

} // namespace agentcron::task
