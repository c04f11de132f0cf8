// What the updates of a turn tell, and how it ended. Part of the driver `acp`, which owns it. Pure.
#pragma once

#include "agent/driver.hpp"

#include <boost/json/object.hpp>
#include <map>
#include <set>

namespace agentcron::agent::acp {

// From one prompt to its answer. The agent's last message is its text: what it says before it uses
// tools is told in the output.
class Turn {
public:
    // `session_was_loaded`: some agents send the history only after they said that it is loaded.
    void begin(bool session_was_loaded);
    void take(const boost::json::object& update);
    const std::string& text() const { return text_; }
    // Codex's adapter ends a turn that failed as if it were good, but for this.
    bool has_system_error() const { return has_system_error_; }
    // By the prompt's answer. `is_denied`: a request of this turn was denied.
    Result result_of(const boost::json::object& answer, bool is_denied) const;

private:
    void take_words(const boost::json::object& update);

    std::string text_;
    std::string message_id_;
    bool message_ended_ = false;
    bool session_was_loaded_ = false;
    bool has_system_error_ = false;
};

// A result that failed, from words that may themselves be JSON with an error's message in it.
Result failure(std::string_view words);
// "Internal error (-32603): <details>" of a JSON-RPC error.
std::string error_words(const boost::json::value& error);

// The tool calls that were denied, and whether a person did it.
class Denials {
public:
    void take(const boost::json::object& update); // a tool call or its update
    void by_person(std::string_view call_id);
    void by_nobody(std::string_view call_id);
    // "denied without a person: <titles>", "" = none
    std::string warning() const;

private:
    std::map<std::string, std::string, std::less<>> titles_; // by the call's id
    std::set<std::string, std::less<>> by_person_;
    std::set<std::string, std::less<>> by_nobody_;
    std::set<std::string, std::less<>> failed_by_rule_;
    std::set<std::string, std::less<>> failed_;
};

// Tokens come with each prompt's answer and count for its turn, those of a cache as input. Money
// comes in updates and counts for the whole session, earlier processes included.
class Meter {
public:
    void session_goes_on() { cost_before_.reset(); }
    // Whether there is something new to tell.
    bool take_update(const boost::json::object& update);
    bool take_answer(const boost::json::object& answer);
    // A call of a tool, by its id, or the end of a turn: the protocol tells of no other turn.
    bool take_call(std::string_view id);
    void take_end() { usage_.turns = usage_.turns.value_or(0) + 1; }
    const Usage& usage() const { return usage_; }

private:
    // What the session had cost when this process took it over. An agent tells it only after its
    // first turn, so that turn is free of charge here.
    std::optional<double> cost_before_ = 0.0;
    std::set<std::string, std::less<>> calls_;
    Usage usage_;
};

} // namespace agentcron::agent::acp
