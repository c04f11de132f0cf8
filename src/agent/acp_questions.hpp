// What an agent of the Agent Client Protocol asks its client, as questions for people, and what
// their answers are on the wire. The table stands in acp_driver.hpp. Pure.
#pragma once

#include "agent/driver.hpp"
#include "agent/json_rpc.hpp"

namespace agentcron::agent::acp {

// One request of the agent that a person is to answer.
struct Asked {
    // choices: a form of options, each with a field for the person's own words beside it.
    enum class Form { permission, fields, choices, page };
    Form form{};
    boost::json::value id;
    boost::json::object params;
    Question question;
    std::vector<Item> items{}; // of choices
};

// nullopt: no question.
std::optional<Asked> asked_by(const json_rpc::Message& request);

struct Reply {
    boost::json::object body;
    bool is_denial = false;
    std::string words{}; // of a denial: the person's, for which the reply has no place
};

// Where options share a kind, only their own names choose among them: "allow" alone is not clear
// then, and denies. Without an option of the kind wanted: allow for the session becomes once, allow
// once becomes always (it is all that was offered), deny becomes the stronger one or `cancelled`.
Reply reply_to(const Asked& asked, std::string_view answer);
// Nobody answered, and the agent is to go on.
boost::json::object reply_without_answer(const Asked& asked);
// The turn ends, or the question is withdrawn.
boost::json::object cancelled_reply(const Asked& asked);

// Of two Question::request. False where there is nothing to compare.
bool is_same_request(std::string_view one, std::string_view other);

} // namespace agentcron::agent::acp
