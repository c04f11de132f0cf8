// What every driver keeps of its attempt: the lines that are not complete yet, the questions that
// are open, the result so far. It reads the streams; the drivers differ in what they write and in
// what they call success. Which events come out depends on the bytes alone, never on what was
// answered, so that a replay gives the same ones.
#pragma once

#include "agent/driver.hpp"
#include "agent/limits.hpp"
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

    // Takes up the answers to what an earlier leg asked on the side: the same, asked again, is
    // answered without asking a person.
    void begin(const Brief& brief);
    // An answer that the same question, asked on the side, gets once.
    void keep_answer(Brief::Answered answered) { kept_.push_back(std::move(answered)); }

    void receive(const Chunk& chunk, std::vector<Event>& events);
    void end_of_output(std::vector<Event>& events);

    // The id of an open question as the agent wrote it; the question is then closed.
    std::optional<boost::json::value> take_question(std::string_view native_id);
    // `reply` to an open ask, which is then closed.
    std::optional<Feed::Reply> take_ask(std::string_view native_id,
                                        const boost::json::object& reply);

    // A reply that needs nobody; nullopt: none is due. Whoever asked and will not wait is told that
    // he may go: the question stays open, but nobody is left here who could get the answer.
    std::optional<Feed::Reply> take_due_reply();

    // As a line of the protocol; the last one counts.
    const std::optional<Result>& result() const { return result_; }
    // What the agent said of a limit, by a line of the open protocol; the last one counts.
    const std::optional<Limit>& limit() const { return limit_; }
    // Something was asked on the side (`agentcron ask`) and is open, or was left to be parked.
    bool is_waiting() const { return !questions_.empty() || !asks_.empty() || is_left_to_park(); }
    // {"type":"ready"} was said: it waits for a task. The second: with a question of this one open.
    bool was_ready() const { return was_ready_; }
    bool ready_while_waiting() const { return ready_while_waiting_; }
    // `agentcron ask --park` was used: the agent ends so that a new leg gets the answer.
    bool is_left_to_park() const { return !left_to_park_.empty(); }
    // Whether the last words on stderr have these among them.
    bool has_warned_of(std::string_view words) const {
        return error_tail_.find(words) != std::string::npos;
    }
    base::Instant last_at() const { return last_at_; } // when the last bytes came
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
    void add_question(const boost::json::object& ask, std::vector<Event>& events);
    std::optional<Brief::Answered> take_kept(const std::string& request);
    const std::optional<Result>& counting_result() const;
    std::string last_error_line() const;

    Stdout stdout_form_;
    Read read_;
    LineFramer out_;
    LineFramer event_;
    std::uint64_t end_ = 0; // the spool offset after the last byte seen
    base::Instant last_at_{};
    int questions_asked_ = 0;
    std::map<std::string, boost::json::value, std::less<>>
        questions_;                                   // open: ours -> the agent's id
    std::set<std::string, std::less<>> asks_;         // open
    std::vector<Feed::Reply> due_replies_;            // oldest first
    std::vector<Brief::Answered> kept_;               // for questions that are asked again
    std::set<std::string, std::less<>> left_to_park_; // asked by one who said he will not wait
    bool was_ready_ = false;
    bool ready_while_waiting_ = false;
    std::optional<Result> result_;
    std::optional<Result> handed_in_;
    std::optional<Limit> limit_;
    Usage usage_;
    std::string error_tail_; // the last bytes of stderr, for the message of a failure
};

} // namespace agentcron::agent
