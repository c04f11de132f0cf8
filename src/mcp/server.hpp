// agentcron as a server of the Model Context Protocol: lines of the client in, lines for it and
// messages for the run out. Pure: no I/O, no clock. One object per client, owned by cli/mcp.cpp.
//
// Both eras of the protocol (modelcontextprotocol.io) are spoken, also side by side:
// | revision                | a request says its revision                                         |
// |-------------------------|---------------------------------------------------------------------|
// | 2026-07-28              | in its _meta; server/discover lists what is there; no state         |
// | 2025-11-25, 2025-06-18, | by initialize, once; then ping, tools/list, tools/call. Only        |
// | 2025-03-26, 2024-11-05  | 2025-03-26 has batches                                              |
// notifications/cancelled ends a call without a response, and takes its question back. A call that
// waits sends notifications/progress where the client gave a token: clients that limit the time of
// a call may begin it anew with each. What a tool says about its arguments or the run is a result
// with isError, for the model to read; errors of JSON-RPC are for the client.
#pragma once

#include "mcp/rpc.hpp"
#include "mcp/tools.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::mcp {

// What an input came to.
struct Outcome {
    struct Message { // for the run; its reply is told to the server
        std::int64_t call = 0;
        std::string json;
    };
    std::string lines; // for the client
    std::vector<Message> messages;
    std::vector<std::int64_t> given_up; // calls whose reply nobody waits for any more
};

class Server {
public:
    // One line of the client, with or without its newline.
    Outcome receive(std::string_view line);
    // The run's reply to the message of a call: one JSON object.
    Outcome replied(std::int64_t call, std::string_view json);
    // There is none; `why` tells the model what to do.
    Outcome failed(std::int64_t call, std::string_view why);
    // Some time has passed: calls that wait say so.
    Outcome time_passed();
    bool has_calls() const { return !calls_.empty(); }

private:
    struct Call {
        rpc::Reply reply;
        const Tool* tool = nullptr;
        boost::json::object arguments{};
        boost::json::value progress_token{}; // null: none
        std::int64_t progress = 0;
    };

    void take(rpc::Incoming message, Outcome& outcome);
    void take_request(const rpc::Incoming& request, Outcome& outcome);
    void take_notification(const rpc::Incoming& notification, Outcome& outcome);
    // false: the refusal is written.
    bool is_admitted(const rpc::Incoming& request, Outcome& outcome);
    void initialize(const rpc::Incoming& request, Outcome& outcome);
    void call_tool(const rpc::Incoming& request, Outcome& outcome);
    void show_progress(Call& call, Outcome& outcome);
    Outcome finish(std::int64_t call, boost::json::object result);

    std::string revision_; // as initialize agreed; "" before
    std::int64_t last_call_ = 0;
    std::map<std::int64_t, Call> calls_; // whose messages have no reply yet
};

} // namespace agentcron::mcp
