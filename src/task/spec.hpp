// What a task is to do, resolved when it was materialised and stored in tasks.spec, so that a later
// edit of its schedule does not change a run that already exists.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace agentcron::task {

struct RetryPolicy {
    int attempts = 1; // executions in all; 1 = no retry
    base::Seconds backoff{30};
    base::Seconds max_backoff{3600};
};

struct Spec {
    std::string prompt; // a template: task/prompt.hpp
    boost::json::object params;
    base::Seconds timeout{3600}; // active time of one attempt; 0 = none
    base::Seconds hold{600};     // how long a process that asked is kept before it is parked
    RetryPolicy retry;
};

// The jsonb of tasks.spec: {"prompt","params","timeout","hold","retry":{"attempts","backoff",
// "max_backoff"}}, durations in seconds. Reading fills defaults for members that are absent.
std::string to_json(const Spec& spec);
base::Result<Spec, std::string> spec_from_json(std::string_view json);

} // namespace agentcron::task
