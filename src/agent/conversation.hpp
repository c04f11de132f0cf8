// What every driver keeps of its attempt: the lines that are not complete yet, the questions that
// are open, the result so far. It reads the streams; the drivers differ in what they write and in
// what they call success. Which events come out depends on the bytes alone, never on what was
// answered, so that a replay gives the same ones.
#pragma once

#include "agent/driver.hpp"
#include "agent/line_framer.hpp"

#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <set>

namespace agentcron::agent {

class Conversation {
public:
    // messages: stdout speaks the jsonl protocol and questions on it can be answered.
    enum class Stdout { raw, messages };
    explicit Conversation(Stdout stdout_form) : stdout_form_(stdout_form) {}

    // stdout speaks another protocol, one JSON object a line. Each comes to `read` with its text as
    // it stands (no blanks around it); what it returns is the kind of the line's row, which is
    // added before the events that it appends.
    using Read = std::function<std::string(const boost::json::object& message,
                                           std::string_view line, std::vector<Event>& events)>;
    explicit Conversation(Read read) : stdout_form_(Stdout::messages), read_(std::move(read)) {}

    void receive(const Chunk& chunk, std::vector<Event>& events);
    void end_of_output(std::vector<Event>& events);

    // The id of an open question as the agent wrote it; the question is then closed.
    std::optional<boost::json::value> take_question(std::string_view native_id);
    // `reply` to an open ask, which is then closed.
    std::optional<Feed::Reply> take_ask(std::string_view native_id,
                                        const boost::json::object& reply);

    // The reply to the oldest ask that said that it will not wait: it is told that it may go. Its
    // question stays open.
    std::optional<Feed::Reply> take_leave();

    const std::optional<Result>& result() const { return result_; } // the last one counts
    // Something was asked on the side (`agentcron ask`) and is open, or was left to be parked.
    bool is_waiting() const { return !questions_.empty() || !asks_.empty() || left_to_park_; }
    // `agentcron ask --park` was used: the agent ends so that a new leg gets the answer.
    bool is_left_to_park() const { return left_to_park_; }
    // Whether the last words on stderr have these among them.
    bool has_warned_of(std::string_view words) const {
        return error_tail_.find(words) != std::string::npos;
    }
    // "exited with code 1: <the last words of stderr>"
    std::string end_in_words(const Exit& exit) const;
    // What holds for every driver: killed by a signal, left after asking, an exit code that is not
    // good, a result that says it failed. nullopt: a good exit code and nothing against success.
    std::optional<Verdict> verdict_against_success(const Exit& exit) const;

private:
    struct Text; // a run of plain lines that becomes one row

    void receive_lines(LineFramer& framer, const Chunk& chunk, std::vector<Event>& events);
    void add_piece(const LineFramer::Piece& piece, Stream stream, base::Instant at, Text& text,
                   std::vector<Event>& events);
    void add_message(const boost::json::object& message, std::string_view line, Stream stream,
                     std::vector<Event>& events);
    void add_ask(const Chunk& chunk, std::vector<Event>& events);
    std::string last_error_line() const;

    Stdout stdout_form_;
    Read read_;
    LineFramer out_;
    LineFramer event_;
    std::uint64_t end_ = 0; // the spool offset after the last byte seen
    base::Instant last_at_{};
    int questions_asked_ = 0;
    std::map<std::string, boost::json::value, std::less<>>
        questions_;                           // open: ours -> the agent's id
    std::set<std::string, std::less<>> asks_; // open
    std::vector<std::string> leaving_asks_;   // of `ask --park`, not yet told
    bool left_to_park_ = false; // something was asked by someone who said that he will not wait
    std::optional<Result> result_;
    Usage usage_;
    std::string error_tail_; // the last bytes of stderr, for the message of a failure
};

} // namespace agentcron::agent
