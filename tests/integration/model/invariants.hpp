// What holds in the database at any moment, whatever happened.
#pragma once

#include "support/test_cluster.hpp"

#include <string>
#include <vector>

namespace agentcron::model {

// What is violated, in words; empty: nothing.
std::vector<std::string> violations(support::TestDatabase& database);

} // namespace agentcron::model
