// What Codex's app-server asks its client, as questions; and the answers, as it takes them. Pure.
// The shapes are those of `codex app-server generate-json-schema` (0.169).
#pragma once

#include "agent/driver.hpp"
#include "agent/json_rpc.hpp"

namespace agentcron::agent::codex {

struct Request {
    enum class Kind { decision, permissions, user_input, tool_call, form, url };
    Kind kind{};
    boost::json::value id;           // goes back as it came
    std::string item_id;             // of the call that waits; "" of an MCP server's own question
    boost::json::object permissions; // that are asked for
    std::vector<Item> items;         // of user_input, also of one that is a plain choice
    Question question;
};

// nullopt: not a request that a person can answer. `changes` are those of the file change that the
// request is about, if it was announced.
std::optional<Request> request_from(const json_rpc::Message& message,
                                    const boost::json::array* changes);

// A reply has no room for a person's words about a decision; `remark` is for the agent to hear
// beside it, "" = none.
struct Reply {
    boost::json::object body;
    std::string remark;
};
Reply reply_to(const Request& request, std::string_view answer);
Reply reply_without_answer(const Request& request);

// Whether both are the same JSON; false where one is "".
bool is_same_request(std::string_view one, std::string_view other);

} // namespace agentcron::agent::codex
