// Prompt templates: {{schedule}} {{fire_time}} {{task_id}} {{last_success_at}} {{workspace}}, where
// the agent works, {{branch}}, of its git worktree, {{params.NAME}} {{results.NAME}}, the result of
// an earlier step, and {{results.NAME.MEMBER}}, of which MEMBER may be several names with dots;
// {{context.NAME}}, the rows of a query as a JSON list.
// A query of `context` is a template too, in which the value of a name is bound, never pasted.
// Pure. "{{" that starts no name is an error, so that a typo never reaches an agent as text; a
// literal "{{" is written "{{{{".
#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentcron::task {

struct PromptValues {
    std::string schedule;
    std::string fire_time; // RFC 3339 UTC, or "manual run" where there is none
    std::int64_t task_id = 0;
    std::string last_success_at;   // RFC 3339 UTC, or "never"
    std::string workspace;         // "" = not known yet
    std::string branch;            // "" = none
    boost::json::object params;    // strings as they are, other values as JSON
    boost::json::object results{}; // by the names of their steps; shown as params are
    std::map<std::string, std::string, std::less<>> context{}; // JSON by the names of the queries
};

// Queries by their names, as declared.
using Queries = std::vector<std::pair<std::string, std::string>>;

struct PromptError {
    std::size_t offset = 0; // byte offset of the "{{"
    std::string message;    // what is wrong, what is known, did you mean
};

// Every error of a template against the parameters that will exist, and the names of the results
// that will; nullptr: any, for who triggers a task names its results. `context`: the queries that
// there are.
std::vector<PromptError> check_prompt(std::string_view text, const boost::json::object& params,
                                      const std::vector<std::string>* result_names = nullptr,
                                      const Queries& context = {});
base::Result<std::string, PromptError> render_prompt(std::string_view text,
                                                     const PromptValues& values);
// The names NAME of the {{context.NAME}} in a template, each once.
std::vector<std::string> context_in(std::string_view text);

// A query as PostgreSQL takes it: the n-th name of the template is $n.
struct BoundQuery {
    std::string sql;
    std::vector<std::optional<std::string>> values; // nullopt: null
};
std::vector<PromptError> check_query(std::string_view text, const boost::json::object& params);
// An empty fire_time or last_success_at is bound as null, as is a parameter that is null.
base::Result<BoundQuery, PromptError> bind_query(std::string_view text, const PromptValues& values);

} // namespace agentcron::task
