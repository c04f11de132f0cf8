// A task as a conversation: its output's rows, and what people were asked, answered and said, in
// one order. Pure; turns are handed on as they are complete, so that a long transcript costs no
// memory.
#pragma once

#include "agent/moments.hpp"
#include "base/clock.hpp"
#include "cli/log_text.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace agentcron::cli {

struct Leg { // a process begins
    int run_no = 0;
    int attempt = 0;
    std::string at;   // here and below: RFC 3339, "" = not known
    std::string host; // "" = not known
    std::string why;  // what came before it; "" of the first
};
struct Words {
    std::string text;
};
struct Thought {
    std::string text;
};
struct Call {
    std::string name;
    std::string text;
    std::string input; // JSON; "" = not known
    std::string output;
    std::string outcome;           // ok | failed | denied; "" = its end was not seen
    std::optional<double> seconds; // that it took
};
struct Asked {
    std::int64_t id = 0;
    int run_no = 0;
    std::string at;
    std::string kind;
    std::string text;
    std::string body;
    std::vector<std::string> options;
    bool is_secret = false; // the answer is not to be shown
    std::string outcome;    // answered | withdrawn | expired; "" = open
    std::string answer;
    std::string by;
    std::string via;
    std::string closed_at;
};
struct Told { // what a person said to the running agent
    std::string at;
    std::string by;
    std::string text;
    bool is_delivered = false;
};
struct Notice {
    std::string kind; // warning | failure | event
    std::string text;
};
struct Raw {            // bytes that are no message
    std::string stream; // out | err
    std::string bytes;
};

struct Turn {
    using What = std::variant<Leg, Words, Thought, Call, Asked, Told, Notice, Raw>;
    int run_no = 0;
    std::string at;
    What what;
};

class Turns {
public:
    // Of open calls and words in pieces together; what is more is handed on as it stands.
    static constexpr std::size_t held_bytes_max = 16u << 20;
    static constexpr std::size_t words_bytes_max = 64u << 10;

    using Sink = std::function<void(const Turn&)>;
    // Each in its own order: by run, by id, by id.
    Turns(std::vector<Leg> legs, std::vector<Asked> asked, std::vector<Told> told, Sink sink)
        : legs_(std::move(legs))
        , asked_(std::move(asked))
        , told_(std::move(told))
        , sink_(std::move(sink)) {}

    void add(const LogRow& row); // in their order
    void finish();

private:
    struct OpenCall {
        std::string id;
        std::string at;
        Call call;
        std::size_t bytes() const { return sizeof *this + call.text.size() + call.input.size(); }
    };
    void begin_run(int run_no);
    void tell_until(const std::optional<base::Instant>& at);
    void add_moment(const agent::Moment& moment);
    void add_piece(const agent::Moment& piece);
    void end_words();
    void begin_call(const agent::Moment& moment);
    void end_call(const agent::Moment& moment);
    void deny_call(const agent::Moment& moment);
    void drop_calls(std::size_t bytes_max);
    void emit(Turn::What what);
    std::optional<OpenCall> take_call(std::string_view id);

    std::vector<Leg> legs_;
    std::vector<Asked> asked_;
    std::vector<Told> told_;
    Sink sink_;
    std::size_t next_leg_ = 0;
    std::size_t next_asked_ = 0;
    std::size_t next_told_ = 0;
    int run_no_ = 0;
    std::string at_;             // of the row that is read
    std::vector<OpenCall> open_; // in the order of their beginnings
    std::size_t open_bytes_ = 0; // of open_
    std::string words_;          // that came in pieces
    std::string pieces_of_;      // their id
    bool pieces_are_thought_ = false;
};

} // namespace agentcron::cli
