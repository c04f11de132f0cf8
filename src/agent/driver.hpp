// A driver is the protocol spoken with one agent process: bytes in -> events and a verdict, answers
// -> bytes. Pure: no I/O, no clock, no database. One object per attempt, used on the loop thread.
// Replaying the same chunks into a new driver gives the same events: that is how a daemon that
// takes over a living attempt learns where it stands.
#pragma once

#include "base/clock.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace agentcron::agent {

// What an attempt is about, rendered and resolved.
struct Brief {
    std::int64_t task_id = 0;
    int attempt = 1;       // counts executions against the retry budget, from 1
    std::string schedule;  // "" for a task that was enqueued by hand
    std::string fire_time; // RFC 3339 UTC; "" for a manual run
    std::string prompt;    // template values already filled in
    boost::json::object params;
    std::string session_id; // of an earlier leg or task; "" = none
    // It goes on with the conversation of that session. Else only a leg that brings answers does:
    // another attempt begins a new one.
    bool goes_on = false;
    // Where that session cannot be opened: begin a new one and say so; else it is a failure.
    bool may_begin_anew = true;
    struct Answered {
        std::string question_id; // as the agent named it
        std::string question;
        std::string answer;
        bool expired = false;  // nobody answered in time: go on without; the answer is ""
        std::string request{}; // Question::request; "" = none
    };
    std::vector<Answered> answers{}; // this leg resumes with them; the last one asked comes last
    // There is a budget of money: its driver tells the cost while work goes on, if it can.
    bool watch_cost = false;
    // A limit of the provider, or a missing login, stopped an earlier leg: the session goes on from
    // there, without the prompt.
    bool was_limited = false;
    const Answered* answered() const { return answers.empty() ? nullptr : &answers.back(); }
    bool resumes() const {
        return !session_id.empty() && (goes_on || was_limited || !answers.empty());
    }
    // The results of earlier steps: one JSON object, by the steps' names, and the file that holds
    // it while the attempt runs. "" = none.
    std::string results{};
    std::string results_file{};
    std::string context{};                 // rows by the names of their queries, JSON; "" = none
    std::vector<std::string> command{};    // the agent's argv as declared
    std::vector<std::string> ask_before{}; // tools: Profile::ask_before
    std::string working_directory{};       // of the process, absolute
    // argv of agentcron's own MCP server, for an agent that is to have it; empty: none.
    std::vector<std::string> mcp_server{};
};

// What the driver wants done to the process.
struct Feed {
    std::string stdin_bytes;
    bool close_stdin = false;
    // Of park and cancel: the process ends in answer to this. Signals follow only if it does not.
    bool ends_by_itself = false;
    // Of a message: there is nothing to feed yet, it goes in when the protocol lets it.
    bool is_kept = false;
    struct Reply { // to an `agentcron ask` that waits on the shim's socket
        std::string ask_id;
        std::string json;
    };
    std::optional<Reply> reply;
    bool is_empty() const { return stdin_bytes.empty() && !close_stdin && !reply; }
};

struct Start {
    std::string stdin_bytes;
    bool stdin_stays_open = false;
    std::vector<std::string> env;         // "NAME=value", added to the agent's environment
    std::vector<std::string> arguments{}; // added to the agent's command
};

enum class Stream { out, err, event, ask };

// Bytes of one stream in the order they came. `position` is the spool offset of the first byte.
struct Chunk {
    Stream stream{};
    base::Instant at{};
    std::uint64_t position = 0;
    std::string_view bytes;
};

// One row of output. `position` is the spool offset of the last byte that the row is made of (or,
// of an incomplete last line, an offset beyond the spool's end): unique in the attempt, growing
// with each row, the same on a replay, so it is the row's key. A line that began in an earlier
// chunk still comes after the rows of other streams in between.
// The body is the exact bytes, line breaks included: the bodies of a stream together are what the
// agent wrote to it. "text" is what is no message, and may hold NUL and bytes that are not UTF-8;
// of other kinds it is the line with the message's JSON.
struct Output {
    std::uint64_t position = 0;
    base::Instant at{};
    Stream stream{};
    std::string kind; // "text", else the message's type: "tool", "question", ...
    std::string body;
};

struct Option {
    std::string value;
    std::string label;
    std::string description;
};

// One of several things that a question asks at once.
struct Item {
    std::string key;  // names it in the answer
    std::string text; // never ""
    std::vector<Option> options{};
    bool several = false; // more than one option may be chosen
    bool secret = false;  // the answer is not to be shown
};

// How it is answered, by kind (agent/answers.hpp reads the words):
// ask: any text. approve, plan: allow or deny, with a reason or an edited input. choice: an option,
// or with items an object of their keys. form: an object as `schema` says, or decline. url: done,
// when the page was dealt with, or decline.
struct Question {
    // The agent's own name for it, valid in this process. One that comes again is a new question.
    std::string native_id;
    std::string kind;     // ask | approve | choice | form | url | plan
    std::string headline; // one line without control characters, never ""
    std::string body;     // details, may be ""; no NUL here or in the options
    std::vector<Option> options;
    std::optional<std::string> default_option; // one of the options' values, if there are options
    bool park_at_once = false;                 // the agent said that it will not wait
    std::vector<Item> items{};                 // of a choice that is more than one of `options`
    std::string schema{}; // of a form: JSON Schema of a flat object, as JSON text
    // What is asked for, as JSON text, e.g. {"tool":"Bash","input":{"command":"ls"}}. The same
    // request asked again, by a leg that resumed, gets the stored answer; any other is a new
    // question. Holds nothing that differs from one asking to the next.
    std::string request{};
};
struct Withdrawn {
    std::string native_id;
};
struct SessionStarted {
    std::string session_id;
};
struct Usage { // totals of this attempt so far
    std::optional<double> cost_usd;
    std::optional<std::int64_t> input_tokens;
    std::optional<std::int64_t> output_tokens;
    std::optional<std::int64_t> turns{}; // answers of the model
};
struct Progress {        // the agent's word on how far it is
    std::string message; // one line, never ""
    std::optional<double> percent;
};
// The agent's own word on how it went. The task is not finished before the process ended too.
struct Result {
    bool ok = true;
    std::string json;    // the result as JSON text that jsonb takes; "" = none
    std::string summary; // one line for people; "" = none
    // Handed in by a call, while the work may still go on; counts over what the protocol says at
    // the end.
    bool is_handed_in = false;
};

using Event = std::variant<Output, Question, Withdrawn, SessionStarted, Usage, Progress, Result>;

struct Exit {
    std::optional<int> code;
    std::optional<int> signal;
    bool terminated_by_us = false;
    std::vector<int> good_codes{0}; // what counts as a good end; 0 only if it is among them
    bool is_good() const;
};

struct Verdict {
    // asked_and_left: exit code 75 while a question was open, or after `ask --park`; or it parked.
    // limited, login_needed: its provider takes no more work for now, or none without a person.
    enum class Kind { succeeded, failed, asked_and_left, limited, login_needed };
    Kind kind = Kind::failed;
    std::string reason;  // of a failure: exit_code (or a result with ok false) | signal | protocol
    std::string message; // one sentence for people; of a success: a warning, "" = none
    // Of a failure: the session that the brief named could not be opened, and nothing was done.
    bool session_is_gone = false;
    std::optional<base::Instant> until{}; // limited: when the provider takes work again, if known
};

class Driver {
public:
    virtual ~Driver() = default;
    virtual Start start(const Brief& brief) = 0;
    // Appends what the bytes mean. Malformed input is kept as output, never thrown.
    virtual void receive(const Chunk& chunk, std::vector<Event>& events) = 0;
    // No more bytes will come: what a held-back incomplete line means.
    virtual void end_of_output(std::vector<Event>& events) = 0;
    // The reply to an open question of this process, in-band. Nothing to feed for an id that is not
    // open: a question is answered once.
    virtual Feed answer(std::string_view native_id, std::string_view answer) = 0;
    // Instead of an answer: nobody gave one in time, and the agent is to go on without.
    virtual Feed no_answer(std::string_view native_id) = 0;
    // What a person says to the running agent; nothing to feed where the protocol cannot, or no
    // more.
    virtual Feed message(std::string_view text) = 0;
    virtual Feed cancel() = 0; // the polite form; signals follow
    // The process is to end while its questions stay open: nothing that it does now may take them
    // back. `finish` then says asked_and_left, if the agent got that far.
    virtual Feed park() { return cancel(); }
    // What is to be fed now without being asked, e.g. stdin's end after the result.
    virtual Feed after_events() = 0;
    virtual Verdict finish(const Exit& exit) = 0;
};

// Drivers by the name that configuration uses; nullptr for an unknown name.
std::unique_ptr<Driver> make_driver(std::string_view name);
// The names that make_driver knows, for error messages.
std::vector<std::string_view> driver_names();

} // namespace agentcron::agent
