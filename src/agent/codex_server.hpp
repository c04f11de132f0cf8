// Codex's app-server as a driver: JSON-RPC both ways on stdin and stdout. The table of messages
// stands in codex_driver.hpp.
#pragma once

#include "agent/ahead.hpp"
#include "agent/codex_requests.hpp"
#include "agent/codex_thread.hpp"
#include "agent/codex_tokens.hpp"

namespace agentcron::agent::codex {

class Server final : public Driver, public StartsAhead {
public:
    Start start(const Brief& brief) override;
    std::optional<Start> start_ahead(const Setting& setting) override;
    std::optional<Feed> begin(const Brief& brief) override;
    void receive(const Chunk& chunk, std::vector<Event>& events) override;
    void end_of_output(std::vector<Event>& events) override;
    Feed answer(std::string_view native_id, std::string_view answer) override;
    Feed no_answer(std::string_view native_id) override;
    Feed message(std::string_view text) override;
    Feed cancel() override;
    Feed park() override;
    Feed after_events() override;
    Verdict finish(const Exit& exit) override;

private:
    // Each returns the kind of the line's row.
    std::string read(const boost::json::object& line, std::vector<Event>& events);
    std::string asked(const json_rpc::Message& message, std::vector<Event>& events);
    std::string told(const std::string& method, const boost::json::object& params,
                     std::vector<Event>& events);
    void item_told(bool is_over, const boost::json::object& params);
    void limits_told(const boost::json::object& params);
    void resolved(const boost::json::object& params, std::vector<Event>& events);

    std::optional<Brief::Answered> take_stored(const Request& request);
    void write_reply(const Request& request, const Reply& reply);
    Feed taken_bytes();

    Conversation conversation_{[this](const boost::json::object& line, std::string_view,
                                      std::vector<Event>& events) { return read(line, events); }};
    Thread thread_;
    Tokens tokens_;
    std::vector<Brief::Answered> stored_;               // answers that no request has got yet
    std::map<std::string, Request, std::less<>> open_;  // by the question's native_id
    std::set<std::string, std::less<>> asked_;          // native ids of all questions
    std::set<std::string, std::less<>> items_asked_;    // of which a person knows
    std::map<std::string, boost::json::array> changes_; // of announced file changes, by item
    std::vector<std::string> declined_;
    std::string last_error_;
    std::optional<base::Instant> limit_ends_; // of the limits that are used up
    bool parked_ = false;                     // told to end while questions were open
    bool stdin_closed_ = false;
};

} // namespace agentcron::agent::codex
