// What Claude Code asks its host, as questions; and the answers, as it takes them. Pure. The shapes
// are those of its stream-json protocol (control requests of the Agent SDK, 2.1).
#pragma once

#include "agent/driver.hpp"

#include <boost/json/object.hpp>

namespace agentcron::agent::claude {

// One open request: a permission, or a hook that runs before a tool.
struct Request {
    enum class Kind { permission, hook, elicitation };
    Kind kind{};
    std::string request_id;
    std::string tool;        // "" of an elicitation
    std::string tool_use_id; // the same after a resume
    boost::json::object input;
    boost::json::array suggestions; // what would allow what is like it
    Question question;              // as it was asked
};

// nullopt: not a request that a person answers. `planned` is the input of the tool call as the
// model wrote it, where it is known: the request for a plan leaves the plan out.
std::optional<Request> request_from(const boost::json::object& line,
                                    const boost::json::object* planned);

// The member `response.response` of the reply.
boost::json::object reply_to(const Request& request, std::string_view answer);
boost::json::object reply_without_answer(const Request& request);
// The same of a call of agentcron's own MCP server that asks a person: its question as the server
// will ask it; nullopt for any other request.
std::optional<Question> asked_through_server(const Request& request);
// The call goes on, nobody is asked.
boost::json::object passed(const Request& request);
// A hook's way to end the turn and keep the call for a later process.
boost::json::object deferral();
// The call is refused for now; the model is to ask again.
boost::json::object ask_again(const Request& request);

// Lines, each with its newline.
// The first: hooks before the tools that ask and before `ask_before` (Profile::ask_before).
std::string initialize_line(const std::vector<std::string>& ask_before);
std::string user_line(std::string_view text);
std::string order_line(std::string_view id, boost::json::object request);
// Asks for what the session has cost; the reply carries the id.
inline constexpr const char* cost_id = "agentcron-cost";
std::string cost_line();
std::string reply_line(std::string_view request_id, boost::json::object response);
std::string refusal_line(std::string_view request_id, std::string_view why);

} // namespace agentcron::agent::claude
