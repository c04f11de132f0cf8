// Prompt templates: {{schedule}} {{fire_time}} {{task_id}} {{last_success_at}} {{params.NAME}}
// {{results.NAME}}, the result of an earlier step, and {{results.NAME.MEMBER}}, of which MEMBER may
// be several names with dots.
// Pure. "{{" that starts no name is an error, so that a typo never reaches an agent as text; a
// literal "{{" is written "{{{{".
#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::task {

struct PromptValues {
    std::string schedule;
    std::string fire_time; // RFC 3339 UTC, or "manual run" where there is none
    std::int64_t task_id = 0;
    std::string last_success_at;   // RFC 3339 UTC, or "never"
    boost::json::object params;    // strings as they are, other values as JSON
    boost::json::object results{}; // by the names of their steps; shown as params are
};

struct PromptError {
    std::size_t offset = 0; // byte offset of the "{{"
    std::string message;    // what is wrong, what is known, did you mean
};

// Every error of a template against the parameters that will exist, and the names of the results
// that will; nullptr: any, for who triggers a task names its results.
std::vector<PromptError> check_prompt(std::string_view text, const boost::json::object& params,
                                      const std::vector<std::string>* result_names = nullptr);
base::Result<std::string, PromptError> render_prompt(std::string_view text,
                                                     const PromptValues& values);

} // namespace agentcron::task
