// An expression in plain English, for people who check what they wrote.
#pragma once

#include "cron/expression.hpp"

namespace agentcron::cron {

// "At 02:30 on Monday to Friday", without a full stop. Says nothing of zones.
std::string describe(const Expression& expression);

// How the two day fields work together in this expression, in one sentence; empty if neither is
// restricted or the expression has no fields.
std::string describe_day_fields(const Expression& expression);

} // namespace agentcron::cron
