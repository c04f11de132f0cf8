// What is learnt of an agent by greeting it: whether it speaks its driver's protocol, its version,
// its login, whether a session goes on and questions are possible. The driver does the talking, as
// for a task; without a turn its prompt is held back, so that no model is asked. Pure.
#pragma once

#include "agent/driver.hpp"
#include "base/finding.hpp"

#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::agent {

using base::Finding;

// What of the greeting's lines is worth knowing; a part that is absent was not said.
struct Greeting {
    bool is_answered = false;    // the agent speaks the protocol
    bool has_session = false;    // ... and has opened a session
    std::string version{};       //
    std::optional<bool> login{}; // false: nobody is logged in
    std::string login_detail{};
    std::string session_id{};
    std::optional<bool> resumes{};
    std::string asks{};    // what it can ask; or that it will not
    std::string refusal{}; // the error that it answered with
};
void take_claude_line(const boost::json::object& line, Greeting& greeting);
void take_codex_line(const boost::json::object& line, Greeting& greeting);
void take_acp_line(const boost::json::object& line, Greeting& greeting);

class Inspection {
public:
    // Whether the driver has a greeting before the prompt; others need a turn to be started at all.
    static bool has_greeting(std::string_view driver, const std::vector<std::string>& command);

    // `driver` has been started.
    Inspection(std::string_view name, const std::vector<std::string>& command,
               std::unique_ptr<Driver> driver, bool with_turn);

    // What of the driver's first bytes goes in.
    std::string first_bytes(std::string_view bytes) const;
    Feed receive(const Chunk& chunk);
    void end_of_output();
    // All has been learnt: stdin may be closed and the process ended.
    bool is_over() const;

    // In the order in which they depend on each other. `exit`: how the process ended; nullopt: it
    // did not in the time it had, and was ended.
    std::vector<Finding> findings(const std::optional<Exit>& exit);

private:
    void take(std::vector<Event>& events);
    Finding answers(const std::optional<Exit>& exit) const;
    Finding login() const;
    Finding resume() const;
    Finding questions() const;
    Finding turn(const std::optional<Exit>& exit);
    bool is_held_back(std::string_view line) const;
    std::string to_be_fed(std::string_view bytes) const;
    std::string end_in_words(const std::optional<Exit>& exit) const;

    enum class Protocol { claude, codex, codex_exec, acp, jsonl, command };
    static Protocol protocol_of(std::string_view driver, const std::vector<std::string>& command);
    static bool greets(Protocol protocol);

    Protocol protocol_;
    std::unique_ptr<Driver> driver_;
    bool with_turn_;
    Greeting greeting_;
    std::optional<Result> result_;
    std::string stray_;              // the first line that is none of the protocol
    std::string error_line_;         // the last of stderr
    std::vector<std::string> asked_; // native ids, in a turn
};

} // namespace agentcron::agent
