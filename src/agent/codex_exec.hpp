// `codex exec --json` as a driver: one turn, no questions but those of `agentcron ask`. The table
// of its lines stands in codex_driver.hpp.
#pragma once

#include "agent/codex_end.hpp"

#include <boost/json/object.hpp>

namespace agentcron::agent::codex {

class Exec final : public Driver {
public:
    // Whether a command runs it.
    static bool is_in(const std::vector<std::string>& command);

    Start start(const Brief& brief) override;
    void receive(const Chunk& chunk, std::vector<Event>& events) override;
    void end_of_output(std::vector<Event>& events) override;
    Feed answer(std::string_view native_id, std::string_view answer) override;
    Feed no_answer(std::string_view native_id) override;
    Feed message(std::string_view text) override;
    Feed cancel() override;
    Feed after_events() override;
    Verdict finish(const Exit& exit) override;

private:
    std::string read(const boost::json::object& line, std::vector<Event>& events);
    void item_told(const boost::json::object& item);
    void turn_ended(End end, std::vector<Event>& events);

    Conversation conversation_{[this](const boost::json::object& line, std::string_view,
                                      std::vector<Event>& events) { return read(line, events); }};
    bool resumes_ = false;
    std::string session_id_; // to be resumed
    std::string last_message_;
    Remains remains_;
};

} // namespace agentcron::agent::codex
