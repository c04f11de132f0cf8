// What one line of an agent's protocol says to a person: words, calls of tools and how they ended,
// warnings. Pure; for showing only: what a task does follows from the drivers. The protocol is told
// by the line's shape, so that a transcript is read without knowing who wrote it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace boost::json {
class object;
}

namespace agentcron::agent {

struct Moment {
    enum class Kind {
        words,         // what the agent says, whole
        words_piece,   // a part of it; others of the same id go before and after
        thought,       // what it thinks, or what an agent of its own says
        thought_piece, //
        tool,          // a call began, or more is known of it
        tool_end,      // a call of a tool ended
        denied,        // a call was refused without asking anybody
        question,
        warning,
        failure, // of a turn
        result,  // a turn's end
        other,   // `name` says what
    };
    enum class Outcome { ok, failed, denied };

    Kind kind = Kind::other;
    std::string id{};     // of a call, or of words that come in pieces; "" = none
    std::string name{};   // of a tool: "Bash"; of another: what the protocol calls it
    std::string text{};   // the words; of a tool: what it is about
    std::string input{};  // of a call: JSON; "" = not known
    std::string output{}; // of a call that ended
    Outcome outcome = Outcome::ok;
    std::optional<double> seconds{}; // how long a call took, if the agent says so
};

// nullopt: no line of Claude Code, Codex, ACP, and no text message of a jsonl agent. A line that
// says nothing to anybody gives none or `other`.
std::optional<std::vector<Moment>> moments_in(std::string_view line);

// By protocol; the line has been recognised.
std::vector<Moment> claude_moments(const boost::json::object& line);
std::vector<Moment> codex_moments(const boost::json::object& line);
std::vector<Moment> acp_moments(const boost::json::object& line);

// The command, file or query of a call: the first text of its input; all of it where there is none.
std::string input_in_words(const boost::json::object& input);
// A tool's result, or a message: a text, or blocks of which some are texts.
std::string content_in_words(const boost::json::object& holder, std::string_view member);

} // namespace agentcron::agent
