// session/request_permission: a tool call that waits for leave. Part of acp_questions. Pure.
#pragma once

#include "agent/acp_questions.hpp"

namespace agentcron::agent::acp {

// Sets the question, of kind approve, from the request's params.
void set_permission(Question& question, const boost::json::object& params);
// Whether it is one of our own tools that waits for leave, in the words of the agent, not of its
// model: Claude's adapter tells the server and the tool in `_meta`. A title proves nothing.
bool is_for_own_tool(const boost::json::object& params);
Reply permission_reply(const Asked& asked, std::string_view answer);

} // namespace agentcron::agent::acp
